import type { BackupManifest } from './types.js';

/** How the data files are compressed by pg_dump itself. */
export type Compression = BackupManifest['compression'];

/** gzip at its fastest: a quarter of the default level's processor time for a third more bytes. */
export const DEFAULT_COMPRESSION: Compression = { algorithm: 'gzip', level: 1 };

/** `none`, `gzip` or `gzip:LEVEL` (1 to 9); undefined when the text is none of them. */
export function parseCompression(text: string): Compression | undefined {
  if (text === 'none') return { algorithm: 'none', level: 0 };
  if (text === 'gzip') return DEFAULT_COMPRESSION;
  const level = /^gzip:([1-9])$/.exec(text)?.[1];
  return level === undefined ? undefined : { algorithm: 'gzip', level: Number(level) };
}
