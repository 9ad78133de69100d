import { join } from 'node:path';
import type { ArchivePlace, BackupFormat, BackupManifest } from './types.js';

/** The archive's place in a backup of format directory. */
export const DUMP_DIRECTORY = 'dump';

/** Names of the data of the other formats, before the suffixes of what was wrapped around it. */
const DATA_FILES: Readonly<Record<Exclude<BackupFormat, 'directory'>, string>> = {
  custom: 'dump.custom',
  plain: 'dump.sql',
  csv: 'data.zip',
};

/** Something wrapped around a file's clear content, told by the suffix of its name. */
export type Layer = 'age' | 'gzip' | 'zstd' | 'lz4' | 'xz';

const SUFFIXES: Readonly<Record<Layer, string>> = {
  age: '.age',
  gzip: '.gz',
  zstd: '.zst',
  lz4: '.lz4',
  xz: '.xz',
};
const LAYERS = Object.entries(SUFFIXES) as [Layer, string][];

/** What the data of a backup is called, with a suffix per layer, the innermost first. Pure. */
export function dataFileName(format: BackupFormat, layers: readonly Layer[]): string {
  if (format === 'directory') return DUMP_DIRECTORY;
  return `${DATA_FILES[format]}${suffixOf(layers)}`;
}

/** The suffixes that tell of layers, the innermost first. */
export function suffixOf(layers: readonly Layer[]): string {
  return layers.map((layer) => SUFFIXES[layer]).join('');
}

/** The layers around a file's content, the outermost first, by its name. Pure. */
export function layersOf(path: string): Layer[] {
  const outer = LAYERS.find(([, suffix]) => path.endsWith(suffix));
  return outer === undefined ? [] : [outer[0], ...layersOf(path.slice(0, -outer[1].length))];
}

/** Path, in the backup, of its data: a directory for the format directory, else one file. */
export function dataPathOf({ format, files }: Pick<BackupManifest, 'format' | 'files'>): string {
  if (format === 'directory') return DUMP_DIRECTORY;
  const name = DATA_FILES[format];
  return files.find(({ path }) => path === name || path.startsWith(`${name}.`))?.path ?? name;
}

/**
 * Path of the data that stock tools read themselves (`pg_restore PATH`, in parallel); undefined where it must be
 * unwrapped on the way to their stdin, or is a script for psql.
 */
export function stockPathOf(backup: ArchivePlace): string | undefined {
  const path = dataPathOf(backup);
  const isArchive = backup.format === 'directory' || backup.format === 'custom';
  return isArchive && layersOf(path).length === 0 ? join(backup.path, path) : undefined;
}
