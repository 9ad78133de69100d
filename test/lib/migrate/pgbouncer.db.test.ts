import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ConnectionTarget } from '../../../src/lib/core/connection.js';
import { migrate } from '../../../src/lib/migrate/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { createMigrations, type TestMigrations } from '../../support/migrations.js';

const PGBOUNCER = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));

let database: TestDatabase;
let folder: TestMigrations;
let directory: string;
let stop = async () => Promise.resolve();

async function startPooler({ target }: TestDatabase): Promise<ConnectionTarget> {
  const server = `host=${target.host} port=${target.port} user=${target.user} password=${target.password?.reveal() ?? ''}`;
  const settings = `[databases]\n${target.database} = ${server}\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = ${directory}\nlisten_port = 6432\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 6\n`;
  await writeFile(join(directory, 'pgbouncer.ini'), settings);
  // pgbouncer refuses to run as root, and the socket is private to the server's account.
  const { uid, gid } = await stat(target.host);
  if (process.getuid?.() === 0) await chown(directory, uid, gid);
  const pooler = execa(PGBOUNCER ?? 'pgbouncer', [join(directory, 'pgbouncer.ini')], {
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    reject: false,
  });
  stop = async () => {
    pooler.kill('SIGKILL');
    await pooler;
  };
  await expect.poll(() => existsSync(join(directory, '.s.PGSQL.6432'))).toBe(true);
  return { ...target, host: directory, port: 6432, password: undefined };
}

beforeEach(async () => {
  database = await createDatabase();
  folder = await createMigrations();
  directory = await mkdtemp(join(tmpdir(), 'bk-db-pooler-'));
  await chmod(directory, 0o755);
});
afterEach(async () => {
  await stop();
  await database.drop();
  await folder.remove();
  await rm(directory, { recursive: true, force: true });
});

it.skipIf(PGBOUNCER === undefined)('runs through a pooler in transaction mode, many at once', async () => {
  const target = await startPooler(database);
  await folder.write({
    '1_a.up.sql': 'create table a (id int);',
    '2_i.up.sql': 'insert into a values (1); select pg_sleep(0.05);',
    '3_c.up.sql': '-- bk-db: no-transaction\ncreate index concurrently on a (id);\ninsert into a values (2);',
  });
  const run = () => migrate({ target, signal: new AbortController().signal }, { migrationsDir: folder.dir });
  const results = await Promise.all(Array.from({ length: 5 }, run));
  expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 3]);
  expect(await database.sql`select id from a order by id`).toEqual([{ id: 1 }, { id: 2 }]);
  expect(
    await database.sql`
      select 1 from pg_locks l join pg_database d on d.oid = l.database
       where l.locktype = 'advisory' and d.datname = current_database()`,
  ).toEqual([]);
});
