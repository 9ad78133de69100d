import { createReadStream } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { BkDbError } from '../core/errors.js';
import { csvManifestSchema, MANIFEST_FILE, type CsvManifest, type ExportedTable } from './csv-manifest.js';

/** A folder or archive of an export. Only files that its manifest names are ever opened, and nothing is unpacked. */
export interface OpenedExport {
  readonly manifest: CsvManifest;
  /** A table's bytes, and not more of them than the manifest says. */
  readonly read: (table: ExportedTable) => AsyncGenerator<Buffer>;
  readonly close: () => void;
}

type OpenFile = (name: string) => Promise<Readable>;

const MAX_MANIFEST_BYTES = 64 << 20;

/** @throws BkDbError NOT_FOUND; BACKUP_CORRUPT for what is no export, or is damaged. */
export async function openExport(path: string): Promise<OpenedExport> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new BkDbError('NOT_FOUND', `there is no ${path}`, { cause });
  });
  const { openFile, close } = found.isDirectory()
    ? { openFile: folderOpener(path), close: () => undefined }
    : await archiveOpener(path);
  try {
    const manifest = await readManifest(path, openFile);
    return { manifest, close, read: (table) => bounded(path, table, openFile) };
  } catch (error) {
    close();
    throw error;
  }
}

function folderOpener(path: string): OpenFile {
  return async (name) => {
    const file = join(path, name);
    const found = await lstat(file).catch((cause: unknown) => {
      throw corrupt(path, `${name} is missing`, cause);
    });
    if (!found.isFile()) throw corrupt(path, `${name} is no ordinary file`);
    return createReadStream(file, { highWaterMark: 1 << 18 });
  };
}

async function archiveOpener(path: string): Promise<{ openFile: OpenFile; close: () => void }> {
  const { default: yauzl } = await import('yauzl');
  const archive = await yauzl
    .openPromise(path, { lazyEntries: true, autoClose: false })
    .catch((cause: unknown) => {
      throw corrupt(path, 'it is no zip archive', cause);
    });
  const entries = new Map<string, Parameters<typeof archive.openReadStreamPromise>[0]>();
  for await (const entry of archive.eachEntry()) {
    if (entries.has(entry.fileName)) throw corrupt(path, `it has ${entry.fileName} twice`);
    entries.set(entry.fileName, entry);
  }
  return {
    close: () => archive.close(),
    openFile: async (name) => {
      const entry = entries.get(name);
      if (entry === undefined) throw corrupt(path, `${name} is missing`);
      return archive.openReadStreamPromise(entry);
    },
  };
}

async function readManifest(path: string, openFile: OpenFile): Promise<CsvManifest> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of await openFile(MANIFEST_FILE)) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_MANIFEST_BYTES) throw corrupt(path, 'its manifest is too large');
    chunks.push(chunk as Buffer);
  }
  try {
    return csvManifestSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch (cause) {
    throw corrupt(path, 'its manifest is none of csv export', cause);
  }
}

/** Stops at the size that was written: what expands to more is no export of ours. */
async function* bounded(path: string, table: ExportedTable, openFile: OpenFile): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of await openFile(table.file)) {
      bytes += (chunk as Buffer).length;
      if (bytes > table.bytes) break;
      yield chunk as Buffer;
    }
  } catch (cause) {
    if (cause instanceof BkDbError) throw cause;
    throw corrupt(path, `${table.file} cannot be read`, cause);
  }
  if (bytes !== table.bytes)
    throw corrupt(
      path,
      `${table.file} has ${bytes > table.bytes ? 'more' : 'less'} than ${table.bytes} bytes`,
    );
}

function corrupt(path: string, problem: string, cause?: unknown): BkDbError {
  return new BkDbError('BACKUP_CORRUPT', `cannot import ${path}: ${problem}`, {
    hint: 'Nothing was loaded. A folder or archive comes from csv export, whole and unchanged.',
    cause,
  });
}
