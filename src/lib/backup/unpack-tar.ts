import { createWriteStream } from 'node:fs';
import { copyFile, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { BkDbError } from '../core/errors.js';
import { makePrivateDirectory, PRIVATE_FILE } from '../core/files.js';
import { parseArchiveToc } from './archive-toc.js';

/** The members that pg_dump writes; restore.sql is for people. */
const MEMBER = /^(?:toc\.dat|\d+\.dat|blobs(?:_\d+)?\.toc|blob_\d+\.dat)$/;
const IGNORED = 'restore.sql';
/** A tar that would leave less than this on the disk is not unpacked. */
const ROOM_KEPT_BYTES = 256 * 1024 * 1024;

/**
 * Unpacks pg_dump's tar, which is its directory format in one file, into a directory: pg_restore itself loops for ever
 * on one that is cut short, and reads no other in parallel.
 * @throws Error in words for a member that is not pg_dump's, or a tar that is damaged; BkDbError IO when the disk is too small.
 */
export async function unpackTar(source: AsyncIterable<Buffer>, directory: string): Promise<void> {
  await makePrivateDirectory(directory);
  const unpacking = extract();
  const fed = pipeline(Readable.from(source), unpacking);
  // A tar that is cut short ends neither its last member nor the list of them: only what feeds it fails.
  const failure = new Promise<never>((_, reject) => void fed.catch(reject));
  failure.catch(() => undefined);
  const entries = unpacking[Symbol.asyncIterator]();
  const seen = new Set<string>();
  for (;;) {
    const next = await Promise.race([entries.next(), failure]);
    if (next.done === true) break;
    const { name, type, size } = next.value.header;
    if (type !== 'file' || !(MEMBER.test(name) || name === IGNORED) || seen.has(name))
      throw new Error(`its member ${JSON.stringify(name)} is not one that pg_dump writes`);
    seen.add(name);
    if (name === IGNORED) next.value.resume();
    else {
      await checkRoom(directory, size);
      const file = createWriteStream(join(directory, name), { flags: 'wx', mode: PRIVATE_FILE });
      await Promise.race([pipeline(next.value, file), failure]);
    }
  }
  await fed;
  if (!seen.has('toc.dat')) throw new Error('it has no table of contents: it is not an archive of pg_dump');
  await nameLargeObjectLists(directory, seen);
}

/** In a tar the table of contents calls the lists of large objects by names that only a directory gives them. */
async function nameLargeObjectLists(directory: string, members: ReadonlySet<string>): Promise<void> {
  const { entries } = parseArchiveToc(await readFile(join(directory, 'toc.dat')));
  for (const { desc, dumpId, dataFile } of entries) {
    if (desc !== 'BLOBS' || dataFile === null || members.has(dataFile) || !MEMBER.test(dataFile)) continue;
    const list = ['blobs.toc', `blobs_${dumpId}.toc`].find((name) => members.has(name));
    if (list !== undefined) await copyFile(join(directory, list), join(directory, dataFile));
  }
}

async function checkRoom(directory: string, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize - size > ROOM_KEPT_BYTES) return;
  throw new BkDbError('IO', `there is no room to unpack the archive in ${directory}`, {
    hint: 'Set TMPDIR to a folder with more space.',
    details: { directory, freeBytes: bavail * bsize, neededBytes: size },
  });
}
