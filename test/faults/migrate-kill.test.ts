import { expect, it } from 'vitest';
import { filledDatabase } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { rounds, tally } from '../support/faults.js';
import { createMigrations } from '../support/migrations.js';
import { hasPooler, startPooler } from '../support/pooler.js';

const TIMEOUT_MS = 3_600_000;

const FILES = {
  '0001_indexes.up.sql':
    '-- bk-db: no-transaction\ninsert into mark values (1);\ncreate index concurrently big_v on big (v);\ncreate index concurrently big_w on big (w);',
} as const;

async function expectRecovery({ pooled }: { pooled: boolean }): Promise<number> {
  const rows = rounds(150_000, 3_000_000);
  const database = await filledDatabase(
    `create table mark (id int);
     create table big as select i as v, md5(i::text) as w from generate_series(1, ${rows}) i`,
  );
  const env = pooled ? (await startPooler(database)).env : database.env;
  const folder = await createMigrations(FILES);
  const args = ['migrate', '--migrations-dir', folder.dir, '--json'];
  const begun = performance.now();
  expect(await runCli(args, { env })).toMatchObject({ status: 0 });
  const wholeMs = performance.now() - begun;
  const count = rounds(3, 10);
  for (let round = 0; round < count; round++) {
    await database.sql
      .unsafe('drop index big_v, big_w; truncate mark; drop schema bk_migrations cascade')
      .simple();
    const ms = Math.round((wholeMs * (round + 0.5)) / count);
    await runCli(args, { env, signalAfter: { signal: 'SIGKILL', ms } });
    const again = await runCli(args, { env });
    expect(again, `killed after ${ms} ms: ${again.stderr}`).toMatchObject({ status: 0 });
    expect(
      await database.sql`
        select indexrelid::regclass::text as name, indisvalid as valid from pg_index
         where indrelid = 'big'::regclass order by 1`,
      `killed after ${ms} ms`,
    ).toEqual([
      { name: 'big_v', valid: true },
      { name: 'big_w', valid: true },
    ]);
    expect(await database.sql`select id from mark`).toEqual([{ id: 1 }]);
    expect(await database.sql`select 1 from bk_migrations.statement`).toEqual([]);
  }
  await folder.remove();
  return count;
}

it(
  'kill -9 while indexes are built concurrently: the next run finishes them',
  { timeout: TIMEOUT_MS },
  async () => {
    await tally('kill -9 of migrate', await expectRecovery({ pooled: false }));
  },
);

it.skipIf(!hasPooler)('the same behind pgbouncer in transaction mode', { timeout: TIMEOUT_MS }, async () => {
  await tally('kill -9 of migrate behind pgbouncer', await expectRecovery({ pooled: true }));
});

it(
  'kill -9 in a long statement: the server ends it within seconds and keeps nothing',
  { timeout: TIMEOUT_MS },
  async () => {
    const database = await filledDatabase('');
    const folder = await createMigrations({
      '0001_long.up.sql': 'create table made (id int); select pg_sleep(600);',
    });
    const args = ['migrate', '--migrations-dir', folder.dir, '--json'];
    const sessions = async () =>
      (
        await database.sql`
      select pid from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and application_name like 'bk-db migrate%'`
      ).length;
    const count = rounds(1, 10);
    for (let round = 0; round < count; round++) {
      const killed = runCli(args, { env: database.env, signalAfter: { signal: 'SIGKILL', ms: 2_500 } });
      await expect.poll(sessions, { timeout: 20_000 }).toBeGreaterThan(1);
      await killed;
      await expect.poll(sessions, { timeout: 3_000 }).toBe(0);
      expect(await database.sql`select to_regclass('made') as made`).toEqual([{ made: null }]);
    }
    await folder.write({ '0001_long.up.sql': 'create table made (id int);' });
    expect(await runCli(args, { env: database.env })).toMatchObject({ status: 0 });
    await folder.remove();
    await tally('kill -9 of migrate in a long statement', count);
  },
);
