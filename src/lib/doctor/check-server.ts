import { describeTarget, isSocketTarget, type ConnectionTarget } from '../core/connection.js';
import { withDatabase, type Database } from '../core/database.js';
import { formatDuration } from '../core/format.js';
import { failed, failedWith, ok, warning } from './diagnosis.js';
import type { Diagnosis } from './types.js';

const OLDEST_SERVER = 13;
/** More than a slow answer explains, and enough to confuse rotation and alarms. */
const MOST_CLOCK_MS = 5_000;
const LOCAL = /^(?:localhost|127\.|::1$)/;

export interface ServerFindings {
  readonly diagnoses: readonly Diagnosis[];
  /** Undefined where it cannot be reached. */
  readonly major: number | undefined;
}

/** Reaches the server, and looks at its version, encryption and clock. */
export async function checkServer(target: ConnectionTarget, now: () => Date): Promise<ServerFindings> {
  try {
    return await withDatabase(target, {}, async (database) => {
      const major = Math.floor(database.serverVersion / 10_000);
      const place = `${describeTarget(target)}, PostgreSQL ${major}`;
      const reachable =
        major >= OLDEST_SERVER
          ? ok('server.reachable', place)
          : warning('server.reachable', `${place}, which nobody keeps up any more`, 'Upgrade the server.');
      return {
        major,
        diagnoses: [reachable, await checkEncryption(database), await checkClock(database, now)],
      };
    });
  } catch (error) {
    return { major: undefined, diagnoses: [failedWith('server.reachable', error)] };
  }
}

async function checkEncryption({ sql, target }: Database): Promise<Diagnosis> {
  const id = 'server.tls';
  if (isSocketTarget(target)) return ok(id, 'a Unix socket: nothing travels over a network');
  const [row] = await sql<{ ssl: boolean; version: string | null }[]>`
    select s.ssl, s.version from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid()`;
  const verified = ['verify-ca', 'verify-full'].includes(target.ssl.mode);
  if (row?.ssl === true)
    return verified
      ? ok(id, `${row.version ?? 'TLS'}, the certificate is verified`)
      : warning(
          id,
          `${row.version ?? 'TLS'}, but nobody verifies whose it is`,
          'Use sslmode=verify-full with the root certificate.',
        );
  return LOCAL.test(target.host)
    ? ok(id, 'not encrypted, on this machine')
    : warning(
        id,
        `not encrypted: passwords and rows can be read on the way to ${target.host}`,
        'Use sslmode=verify-full, and set up TLS on the server.',
      );
}

async function checkClock({ sql }: Database, now: () => Date): Promise<Diagnosis> {
  const before = now().getTime();
  const [row] = await sql<{ ms: number }[]>`
    select extract(epoch from pg_catalog.clock_timestamp())::float8 * 1000 as ms`;
  const after = now().getTime();
  const skew = Math.round((row?.ms ?? 0) - (before + after) / 2);
  const text = `the server's clock is ${formatDuration(Math.abs(skew))} ${skew < 0 ? 'behind' : 'ahead'}`;
  return Math.abs(skew) <= MOST_CLOCK_MS + (after - before)
    ? ok('server.clock', text)
    : failed(
        'server.clock',
        text,
        'Let both machines keep their time by NTP: ages of backups and leases depend on it.',
      );
}
