import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { ConnectionTarget } from '../../src/lib/core/connection.js';
import type { TestDatabase } from './database.js';

const PGBOUNCER = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));
export const hasPooler = PGBOUNCER !== undefined;

export interface Pooler {
  readonly target: ConnectionTarget;
  /** Environment for `runCli`. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts pgbouncer in transaction mode before a database; it ends with the test. */
export async function startPooler({ target, name }: Pick<TestDatabase, 'target' | 'name'>): Promise<Pooler> {
  const directory = await mkdtemp(join(tmpdir(), 'bk-db-pooler-'));
  await chmod(directory, 0o755);
  const server = `host=${target.host} port=${target.port} user=${target.user} password=${target.password?.reveal() ?? ''}`;
  const settings = `[databases]\n${name} = ${server}\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = ${directory}\nlisten_port = 6432\nauth_type = any\npool_mode = transaction\nserver_round_robin = 1\ndefault_pool_size = 20\n`;
  await writeFile(join(directory, 'pgbouncer.ini'), settings);
  // pgbouncer refuses to run as root, and the socket is private to the server's account.
  const { uid, gid } = await stat(target.host);
  if (process.getuid?.() === 0) await chown(directory, uid, gid);
  const pooler = execa(PGBOUNCER ?? 'pgbouncer', [join(directory, 'pgbouncer.ini')], {
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    reject: false,
  });
  onTestFinished(async () => {
    pooler.kill('SIGKILL');
    await pooler;
    await rm(directory, { recursive: true, force: true });
  });
  await expect.poll(() => existsSync(join(directory, '.s.PGSQL.6432'))).toBe(true);
  return {
    target: { ...target, host: directory, port: 6432, password: undefined },
    env: {
      DATABASE_URL: `postgresql://${target.user}@/${name}?host=${encodeURIComponent(directory)}&port=6432`,
    },
  };
}
