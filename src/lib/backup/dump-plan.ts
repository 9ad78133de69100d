import { BkDbError } from '../core/errors.js';
import type { Tool } from '../core/process.js';
import type { Compression } from './compression.js';
import { dataFileName, type Layer } from './data-file.js';
import type { BackupFormat } from './types.js';

export interface DumpPlanOptions {
  readonly format: BackupFormat;
  readonly compression: Compression;
  /** Major version of pg_dump. */
  readonly major: number;
  /** age's public keys; empty for a backup in clear text. */
  readonly recipients: readonly string[];
  readonly jobs: number;
  /** Whether every table is to be read back. */
  readonly fingerprint: boolean;
}

/** Who does what to make a backup's data. */
export interface DumpPlan {
  readonly format: BackupFormat;
  readonly compression: Compression;
  readonly recipients: readonly string[];
  /** Place of the data in the backup. */
  readonly dataPath: string;
  /** pg_dump's own `--compress`. */
  readonly compressArgument: string;
  /** What is still around the data as pg_dump writes it. */
  readonly ownLayers: readonly Layer[];
  /** Programs that pg_dump's output runs through, in order; empty when it writes its files itself. */
  readonly stages: readonly Tool[];
}

/** pg_dump compresses with zstd and lz4 itself since. */
const FIRST_WITH_ALGORITHMS = 16;

/**
 * Decides how a backup is made: compressed by pg_dump where it can, else by the compressor's own program, encrypted by
 * age. Never falls back to another compression in silence. Pure.
 * @throws BkDbError TOOL_MISSING or USAGE where the wish cannot be had.
 */
export function planDump(options: DumpPlanOptions): DumpPlan {
  const { format, compression, major, recipients, jobs } = options;
  const { algorithm, level } = compression;
  const byPgDump = algorithm === 'none' || algorithm === 'gzip' || major >= FIRST_WITH_ALGORITHMS;
  if ((format === 'plain' || format === 'csv') && !options.fingerprint) throw unknowable(format);
  if (format === 'csv') return planCsv(options);
  if (format === 'directory') refuseStages(compression, byPgDump, recipients);
  const compressed: Layer[] = algorithm === 'none' ? [] : [algorithm];
  const inside = byPgDump && format !== 'plain';
  const layers = [...(inside ? [] : compressed), ...(recipients.length > 0 ? (['age'] as const) : [])];
  return {
    format,
    compression,
    recipients,
    dataPath: dataFileName(format, layers),
    compressArgument: byPgDump ? pgDumpArgument(compression) : '0',
    ownLayers: byPgDump && format === 'plain' ? compressed : [],
    stages: [
      ...(byPgDump ? [] : [compressorTool(algorithm, level, jobs)]),
      ...(recipients.length > 0 ? [encryptTool(recipients)] : []),
    ],
  };
}

/** age, encrypting stdin to stdout. */
export function encryptTool(recipients: readonly string[]): Tool {
  return {
    command: 'age',
    args: ['--encrypt', ...recipients.flatMap((recipient) => ['--recipient', recipient])],
  };
}

/** True when the data cannot be read, or written, without the compressor's own program. */
export function programNeeded({ algorithm }: Compression): 'zstd' | 'lz4' | undefined {
  return algorithm === 'zstd' || algorithm === 'lz4' ? algorithm : undefined;
}

/** Older versions know numbers alone, which mean gzip. */
function pgDumpArgument({ algorithm, level }: Compression): string {
  return algorithm === 'zstd' || algorithm === 'lz4' ? `${algorithm}:${level}` : String(level);
}

function compressorTool(algorithm: string, level: number, jobs: number): Tool {
  const threads = algorithm === 'zstd' ? [`-T${jobs}`] : [];
  return { command: algorithm, args: ['-q', `-${level}`, ...threads, '-c'] };
}

/** pg_dump writes the files of a directory itself, so nothing can be put between. */
function refuseStages({ algorithm }: Compression, byPgDump: boolean, recipients: readonly string[]): void {
  if (recipients.length > 0) {
    throw new BkDbError(
      'USAGE',
      'a directory archive cannot be encrypted: pg_dump writes its files in clear text',
      {
        hint: 'Use --format custom (the default with --encrypt-to) or --format plain.',
      },
    );
  }
  if (byPgDump) return;
  throw new BkDbError('TOOL_MISSING', `directory archives with ${algorithm} need pg_dump 16 or newer`, {
    hint: `Use --format custom or plain, which run through the program ${algorithm}, or --compress gzip.`,
  });
}

/** Written by ourselves, as a zip archive: deflate, which is gzip's, or nothing. */
function planCsv({ compression, recipients }: DumpPlanOptions): DumpPlan {
  if (recipients.length > 0)
    throw new BkDbError('USAGE', 'a csv backup cannot be encrypted', {
      hint: 'Use --format custom (the default with --encrypt-to) or --format plain.',
    });
  if (compression.algorithm !== 'gzip' && compression.algorithm !== 'none')
    throw new BkDbError('USAGE', `a csv backup is a zip archive, which knows no ${compression.algorithm}`, {
      hint: 'Use --compress gzip or none.',
    });
  return {
    format: 'csv',
    compression,
    recipients: [],
    dataPath: dataFileName('csv', []),
    compressArgument: '0',
    ownLayers: [],
    stages: [],
  };
}

function unknowable(format: BackupFormat): BkDbError {
  return new BkDbError('USAGE', `--no-fingerprint does not go with --format ${format}`, {
    hint: 'What it holds is known only by reading it; leave one of the two out.',
  });
}
