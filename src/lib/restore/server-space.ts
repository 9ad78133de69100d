import { statfs } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { RestoreSource } from '../backup/index.js';
import type { Queryable } from '../core/database.js';
import { formatBytes } from '../core/format.js';
import type { Problem } from './problem.js';

type SpaceNeeds = Pick<RestoreSource, 'databaseBytes'> & {
  readonly totals: Pick<RestoreSource['totals'], 'copyBytes'>;
};

/**
 * What is wrong with the server's free space, if anything: less than the restored rows alone fill. Only a server whose
 * files are on this machine can be asked, by a role that may know where they are.
 */
export async function spaceProblems(
  sql: Queryable,
  { totals, databaseBytes }: SpaceNeeds,
): Promise<Problem[]> {
  const free = await freeOnServer(sql);
  const needed = Math.min(totals.copyBytes ?? 0, databaseBytes ?? Infinity);
  if (free === undefined || free >= needed) return [];
  return [
    {
      code: 'IO',
      missing: `space: ${formatBytes(free)} are free where the server keeps its databases, and the rows alone fill ${formatBytes(needed)}`,
      remedy: 'free some space, or restore a part with --table or --schema',
      details: { freeBytes: free, neededBytes: needed },
    },
  ];
}

async function freeOnServer(sql: Queryable): Promise<number | undefined> {
  const [row] = await sql<{ directory: string | null; address: string | null }[]>`
    select (select s.setting from pg_catalog.pg_settings s where s.name = 'data_directory') as directory,
           pg_catalog.host(pg_catalog.inet_server_addr()) as address`;
  if (row?.directory == null || !isHere(row.address)) return undefined;
  return statfs(row.directory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
}

/** No address means a Unix socket. Of a container's server it is one that this machine does not have. */
function isHere(address: string | null): boolean {
  if (address === null) return true;
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}
