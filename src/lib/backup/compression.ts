import type { BackupManifest } from './types.js';

/** How the data is compressed. */
export type Compression = BackupManifest['compression'];

/** A compression, or `auto`: the best that the installed pg_dump offers. */
export type CompressionChoice = Compression | 'auto';

/** gzip at its fastest: a quarter of the default level's processor time for a third more bytes. */
export const GZIP: Compression = { algorithm: 'gzip', level: 1 };
/** The processor time of gzip:1, and a quarter fewer bytes. */
export const ZSTD: Compression = { algorithm: 'zstd', level: 3 };

/** Default and highest level of each algorithm. */
const LEVELS = {
  gzip: { default: GZIP.level, highest: 9 },
  zstd: { default: ZSTD.level, highest: 19 },
  lz4: { default: 1, highest: 12 },
} as const;

/** `auto`, `none`, or an algorithm perhaps with its level such as `zstd:9`; undefined when the text is none of them. */
export function parseCompression(text: string): CompressionChoice | undefined {
  if (text === 'auto') return 'auto';
  if (text === 'none') return { algorithm: 'none', level: 0 };
  const match = /^(gzip|zstd|lz4)(?::(\d{1,2}))?$/.exec(text);
  if (match === null) return undefined;
  const algorithm = match[1] as keyof typeof LEVELS;
  const level = match[2] === undefined ? LEVELS[algorithm].default : Number(match[2]);
  return level >= 1 && level <= LEVELS[algorithm].highest ? { algorithm, level } : undefined;
}
