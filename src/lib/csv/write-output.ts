import { createWriteStream } from 'node:fs';
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { BkDbError } from '../core/errors.js';
import { PRIVATE_DIRECTORY, PRIVATE_FILE, syncDirectory, syncTree } from '../core/files.js';

/** Where exported files go; under their names only with `publish`. */
export interface Output {
  write(name: string, chunks: AsyncIterable<Buffer>): Promise<void>;
  publish(): Promise<void>;
  discard(): Promise<void>;
}

export interface OutputOptions {
  /** `-`, a file, a folder, or an archive ending in .zip. */
  readonly path: string;
  readonly stdout: Writable;
  readonly signal: AbortSignal;
  /** Of an archive; default 6. */
  readonly level?: number | undefined;
}

/** One file, or standard output. */
export function fileOutput({ path, stdout, signal }: OutputOptions): Output {
  if (path === '-') {
    return {
      write: async (_, chunks) => pipeline(Readable.from(chunks), unclosed(stdout), { signal }),
      publish: async () => Promise.resolve(),
      discard: async () => Promise.resolve(),
    };
  }
  const partial = `${path}.${process.pid}.tmp`;
  return {
    write: async (_, chunks) => writeFile(partial, chunks, { gzip: path.endsWith('.gz'), signal }),
    publish: async () => publishFile(partial, path),
    discard: async () => rm(partial, { force: true }),
  };
}

/** A new folder with a file for each table. @throws BkDbError TARGET_NOT_EMPTY when there is one of that name. */
export async function folderOutput({ path, signal }: OutputOptions): Promise<Output> {
  await refuseExisting(path);
  const partial = join(dirname(resolve(path)), `.${process.pid}.csv.partial`);
  await mkdir(partial, { recursive: true, mode: PRIVATE_DIRECTORY });
  return {
    write: async (name, chunks) => writeFile(join(partial, name), chunks, { gzip: false, signal }),
    publish: async () => {
      await chmod(partial, PRIVATE_DIRECTORY);
      await syncTree(partial);
      await rename(partial, path);
      await syncDirectory(dirname(resolve(path)));
    },
    discard: async () => rm(partial, { recursive: true, force: true }),
  };
}

/** One zip archive; its entries carry a fixed date, so that the same rows are the same bytes. */
export async function archiveOutput({ path, signal, level = 6 }: OutputOptions): Promise<Output> {
  await refuseExisting(path);
  const { ZipArchive } = await import('archiver');
  const partial = `${path}.${process.pid}.tmp`;
  const archive = new ZipArchive({ zlib: { level } });
  const written = pipeline(archive, createWriteStream(partial, { mode: PRIVATE_FILE }), { signal });
  written.catch(() => undefined);
  return {
    write: async (name, chunks) => {
      const entry = Readable.from(chunks);
      await new Promise<void>((done, fail) => {
        entry.once('error', fail);
        archive.once('error', fail);
        archive.once('entry', () => {
          archive.off('error', fail);
          done();
        });
        written.catch(fail);
        archive.append(entry, { name, date: ENTRY_DATE, mode: PRIVATE_FILE });
      });
    },
    publish: async () => {
      await archive.finalize();
      await written;
      await publishFile(partial, path);
    },
    discard: async () => {
      archive.abort();
      await written.catch(() => undefined);
      await rm(partial, { force: true });
    },
  };
}

const ENTRY_DATE = new Date('2000-01-01T00:00:00Z');

async function refuseExisting(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  throw new BkDbError('TARGET_NOT_EMPTY', `${path} exists already`, {
    hint: 'Name another place, or remove it.',
  });
}

interface WriteOptions {
  readonly gzip: boolean;
  readonly signal: AbortSignal;
}

async function writeFile(
  path: string,
  chunks: AsyncIterable<Buffer>,
  { gzip, signal }: WriteOptions,
): Promise<void> {
  const source = Readable.from(chunks);
  const file = createWriteStream(path, { mode: PRIVATE_FILE });
  await (gzip ? pipeline(source, createGzip(), file, { signal }) : pipeline(source, file, { signal }));
}

async function publishFile(partial: string, path: string): Promise<void> {
  const file = await open(partial, 'r');
  await file.sync();
  await file.close();
  await rename(partial, path);
  await syncDirectory(dirname(resolve(path)));
}

/** Standard output stays open for whoever writes next. */
function unclosed(stdout: Writable): Transform {
  return new Transform({
    transform(chunk, _, done) {
      if (stdout.write(chunk)) done();
      else stdout.once('drain', done);
    },
  });
}
