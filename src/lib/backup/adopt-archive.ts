import { createWriteStream } from 'node:fs';
import { stat, symlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BkDbError } from '../core/errors.js';
import { PRIVATE_FILE } from '../core/files.js';
import { openExport } from '../csv/index.js';
import { peek } from '../core/peek.js';
import type { OnProgress } from '../core/progress.js';
import { withTemporaryDirectory } from '../core/temporary-directory.js';
import { describeArchive, readHeader, type ArchiveKind } from './archive-header.js';
import { totalsOf } from './compose-manifest.js';
import { dataFileName, DUMP_DIRECTORY, type Layer } from './data-file.js';
import { detectContent, detectLayer, type ContentKind } from './detect-content.js';
import { unwrap, type ArchiveAccess } from './open-archive.js';
import { problemText } from './archive-content.js';
import { readArchive, type ArchiveReading } from './read-archive.js';
import { FileReading } from './read-file.js';
import type { BackupFormat, RestoreSource } from './types.js';
import { unpackTar } from './unpack-tar.js';

export interface AdoptDeps extends ArchiveAccess {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Read when the reference is `-`. */
  readonly stdin: Readable;
}

/**
 * Opens what another tool wrote as if it were a backup: an archive of pg_dump in the custom, directory, tar or plain
 * format, with gzip, zstd, lz4, xz or age around it, from a path or standard input (`-`). What it is is told by its
 * content. It is read through to its end first: every table's rows are counted and hashed.
 * @throws BkDbError NOT_FOUND, BACKUP_CORRUPT (damaged, cut short, or nothing that is known here), CONFIG_INVALID (no
 *   key), TOOL_MISSING, IO.
 */
export async function withAdoptedArchive<T>(
  deps: AdoptDeps,
  reference: string,
  work: (source: RestoreSource) => Promise<T>,
): Promise<T> {
  return withTemporaryDirectory('restore', async (directory) => {
    const name = reference === '-' ? 'standard input' : reference;
    const path = reference === '-' ? await spool(deps, directory) : resolve(reference);
    return work(await adopt(deps, { name, path, directory }));
  });
}

/** Standard input can be read only once, and must be looked through before it is used. */
async function spool({ stdin, signal }: AdoptDeps, directory: string): Promise<string> {
  const path = join(directory, 'input');
  await pipeline(stdin, createWriteStream(path, { flags: 'wx', mode: PRIVATE_FILE }), { signal });
  return path;
}

interface Found {
  /** What messages call it. */
  readonly name: string;
  readonly path: string;
  /** Where links to it, or its unpacked members, are laid out as a backup. */
  readonly directory: string;
}

async function adopt(deps: AdoptDeps, found: Found): Promise<RestoreSource> {
  const layout = await layOut(deps, found);
  const { format, dataPath } = layout;
  const reading = await readArchive({
    ...deps,
    directory: found.directory,
    format,
    dataPath,
    fingerprint: true,
    contents: true,
    concurrency: 1,
  });
  refuseDamaged(found, reading);
  const place = { path: found.directory, format, files: [...reading.files] };
  const header = await readHeader(deps, place);
  return {
    ...place,
    ...header,
    id: basename(found.name),
    tables: [...reading.tables],
    sequences: [...reading.sequences],
    largeObjects: reading.largeObjects,
    totals: totalsOf(reading),
    fingerprint: true,
    options: { jobs: 1, selection: null },
    lcMonetary: null,
    foreign: { name: found.name, description: describeArchive(header, layout) },
  };
}

interface Layout {
  readonly kind: ArchiveKind;
  readonly format: BackupFormat;
  readonly dataPath: string;
  /** What is wrapped around the content, the outermost first. */
  readonly layers: readonly Layer[];
}

/** Gives the archive the name that a backup's data would have, by a link, and unpacks a tar. */
async function layOut(deps: AdoptDeps, found: Found): Promise<Layout> {
  const { path, directory } = found;
  const entry = await stat(path).catch((cause: unknown) => {
    throw new BkDbError('NOT_FOUND', `there is no file or directory ${found.name}`, {
      hint: 'Give an id of `bk-db backup list`, or the path of an archive; - reads standard input.',
      cause,
    });
  });
  if (entry.isDirectory()) {
    if (await isExport(path)) return layOutExport(found);
    await stat(join(path, 'toc.dat')).catch((cause: unknown) => {
      throw unknown(found, 'it is a directory without manifest.json or toc.dat', cause);
    });
    await symlink(path, join(directory, DUMP_DIRECTORY));
    return { kind: 'directory', format: 'directory', dataPath: DUMP_DIRECTORY, layers: [] };
  }
  const { kind, layers } = await recognise(deps, found);
  if (kind === 'tar') {
    const clear = unwrap(deps, layers, new FileReading(path, deps.signal).pieces());
    await unpackTar(clear, join(directory, DUMP_DIRECTORY)).catch((error: unknown) => {
      throw damaged(found, error);
    });
    return { kind, format: 'directory', dataPath: DUMP_DIRECTORY, layers };
  }
  if (kind === 'zip' && layers.length === 0 && (await isExport(path))) return layOutExport(found);
  if (kind !== 'custom' && kind !== 'plain') throw unknown(found, UNUSABLE[kind]);
  const dataPath = dataFileName(kind, layers.toReversed());
  await symlink(path, join(directory, dataPath));
  return { kind, format: kind, dataPath, layers };
}

/** CSV files with their manifest, in a folder or a zip archive; only rows, as a csv backup. */
async function layOutExport({ path, directory }: Found): Promise<Layout> {
  const dataPath = dataFileName('csv', []);
  await symlink(path, join(directory, dataPath));
  return { kind: 'export', format: 'csv', dataPath, layers: [] };
}

/** True for a folder or zip archive that csv export wrote. */
export async function isExport(path: string): Promise<boolean> {
  return openExport(path).then(
    ({ close }) => {
      close();
      return true;
    },
    () => false,
  );
}

const UNUSABLE: Readonly<Record<Exclude<ContentKind, 'custom' | 'plain' | 'tar'>, string>> = {
  cluster: 'it is a script of pg_dumpall for a whole cluster: psql -f runs it',
  zip: 'it is a zip archive, and not one that csv export wrote',
  unknown: 'it is no archive of pg_dump, by its content',
};

/** Takes off layer by layer until none is left, and looks at what is inside. */
async function recognise(deps: AdoptDeps, found: Found) {
  const layers: Layer[] = [];
  for (;;) {
    const clear = unwrap(deps, layers, new FileReading(found.path, deps.signal).pieces());
    const { head, close } = await peek(clear).catch((error: unknown) => {
      throw damaged(found, error);
    });
    await close();
    const layer = detectLayer(head);
    if (layer === undefined) return { kind: detectContent(head), layers };
    layers.push(layer);
    if (layers.length > MOST_LAYERS) throw unknown(found, `it is wrapped more than ${MOST_LAYERS} times`);
  }
}

const MOST_LAYERS = 4;

function refuseDamaged(found: Found, { problems }: ArchiveReading): void {
  const [first] = problems;
  if (first === undefined) return;
  const table = first.table === null ? '' : `table ${first.table}: `;
  throw new BkDbError('BACKUP_CORRUPT', `${found.name} is damaged: ${table}${first.problem}`, {
    hint: 'Nothing was written. Use another archive.',
    details: { name: found.name, problems },
  });
}

function damaged(found: Found, error: unknown): unknown {
  if (error instanceof BkDbError && error.code !== 'TOOL_FAILED') return error;
  return unknown(found, problemText(error), error);
}

function unknown({ name }: Found, problem: string, cause?: unknown): BkDbError {
  return new BkDbError('BACKUP_CORRUPT', `${name} cannot be restored: ${problem}`, {
    hint: 'Nothing was written. `bk-db help formats` lists what restore reads.',
    details: { name },
    cause,
  });
}
