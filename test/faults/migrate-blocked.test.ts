import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { filledDatabase } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { openDatabase } from '../../src/lib/core/database.js';
import { rounds, tally } from '../support/faults.js';
import { createMigrations } from '../support/migrations.js';

const BLOCKED_MS = 4_000;
const LOCK_TIMEOUT_MS = 300;

/** Reads the table again and again; the longest that one read took. */
async function longestRead(read: () => Promise<unknown>, signal: AbortSignal): Promise<number> {
  let longest = 0;
  while (!signal.aborted) {
    const begun = performance.now();
    await read();
    longest = Math.max(longest, performance.now() - begun);
    await sleep(5);
  }
  return longest;
}

it(
  'readers of a table are not kept waiting by a migration that waits for it itself',
  { timeout: 600_000 },
  async () => {
    const database = await filledDatabase('create table busy (id int)');
    const folder = await createMigrations({ '0001_a.up.sql': 'alter table busy add column more text;' });
    const args = [
      'migrate',
      '--migrations-dir',
      folder.dir,
      '--lock-timeout',
      `${LOCK_TIMEOUT_MS}ms`,
      '--json',
    ];
    const reader = await openDatabase(database.target, { pool: { max: 1 } });
    const count = rounds(1, 10);
    for (let round = 0; round < count; round++) {
      await database.sql
        .unsafe('drop schema if exists bk_migrations cascade; alter table busy drop column if exists more')
        .simple();
      const done = new AbortController();
      const blocked = database.sql.begin(async (sql) => {
        await sql`select from busy`;
        await sleep(BLOCKED_MS);
      });
      const reading = longestRead(() => reader.sql`select count(*) from busy`, done.signal);
      const migrating = runCli(args, { env: database.env });
      await blocked;
      const { status, stderr } = await migrating;
      done.abort();
      expect(status, stderr).toBe(0);
      expect(stderr).toMatch(/0001_a waits for .*idle in transaction/);
      const longest = await reading;
      // Without a limit it would be nearly as long as the blocker lives.
      expect(longest).toBeLessThan(LOCK_TIMEOUT_MS + 150);
    }
    await reader.close();
    await folder.remove();
    await tally('readers behind a blocked ALTER', count);
  },
);
