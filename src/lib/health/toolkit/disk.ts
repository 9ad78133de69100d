import { statfs } from 'node:fs/promises';
import { isSocketTarget } from '../../core/connection.js';
import { absent, collected, type Source } from './source.js';

/** The file system of the server's data. */
export interface DiskFacts {
  readonly path: string;
  readonly totalBytes: number;
  /** What the server may still fill. */
  readonly freeBytes: number;
}

/**
 * Looks at the disk where that can be seen: a server behind a Unix socket runs on this machine, any other may not, even
 * on 127.0.0.1, which may be a tunnel. The server must see the socket too, since a pooler's may lead far away.
 */
export const disk: Source<DiskFacts> = async ({ target, server: { dataDirectory, clientAddress } }) => {
  if (!isSocketTarget(target) || clientAddress !== null)
    return absent('the server may run on another machine');
  if (dataDirectory === null) return absent('the role may not read where the data lie');
  const found = await statfs(dataDirectory).catch(() => undefined);
  if (found === undefined) return absent(`${dataDirectory} cannot be looked into from here`);
  const { bsize, blocks, bavail } = found;
  return collected({ path: dataDirectory, totalBytes: blocks * bsize, freeBytes: bavail * bsize });
};
