import { createHash } from 'node:crypto';
import { appendFile, cp } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withDatabase as withName } from '../../src/lib/core/connection.js';
import { withDatabase } from '../../src/lib/core/database.js';
import { filledDatabase, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { serverTarget } from '../support/database.js';

/** Rounds of a short run; `npm run faults` makes it a long one. */
const ROUNDS = Number(process.env['BK_DB_FAULT_ROUNDS'] ?? 8);

/** What a client sees under the live name, whichever database that is. */
async function contentOf(name: string): Promise<string> {
  return withDatabase(withName(await serverTarget(), name), {}, async ({ sql }) => {
    const hash = createHash('sha256');
    for (const table of ['a', 'b'])
      for (const row of await sql.unsafe(`select i, v from ${table} order by i`))
        hash.update(JSON.stringify(row));
    return hash.digest('hex');
  });
}

async function databasesBeside(name: string): Promise<string[]> {
  return withDatabase(await serverTarget(), {}, async ({ sql }) => {
    const rows = await sql<{ name: string }[]>`
      select datname as name from pg_database where starts_with(datname::text, ${`${name}__`}) order by 1`;
    return rows.map((row) => row.name);
  });
}

/** A live database that has moved on since its backup, and the store with that. */
async function liveDatabase() {
  const store = await temporaryStore();
  const { env, name, sql } = await filledDatabase(
    `create table a as select i, md5(i::text) as v from generate_series(1, 20000) i; create index on a (v);
     create table b as select i, md5(i::text) as v from generate_series(1, 5000) i; alter table b add primary key (i)`,
  );
  onTestFinished(async () => {
    await withDatabase(await serverTarget(), {}, async ({ sql: server }) => {
      for (const other of await databasesBeside(name))
        await server`drop database ${server(other)} with (force)`;
    });
  });
  const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
  const backup = String((await run('backup')).json.data.path);
  await sql`delete from a where i > 100`;
  await sql`update b set v = 'now'`;
  return { name, run, env, store, backup, sql };
}

describe('restore --replace that is interrupted', () => {
  it('by kill -9 at any point: the live name means the old content or the new, whole', async () => {
    const { name, run, env, store } = await liveDatabase();
    const old = await contentOf(name);
    const begun = performance.now();
    expect(await run('restore', 'latest', '--replace', '--yes')).toMatchObject({ status: 0 });
    const wholeMs = performance.now() - begun;
    const restored = await contentOf(name);
    expect(restored).not.toBe(old);
    expect(await run('restore', '--undo', '--yes')).toMatchObject({ status: 0 });
    expect(await contentOf(name)).toBe(old);

    const seen = { old: 0, restored: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const ms = Math.round((wholeMs * (round + 0.5)) / ROUNDS);
      const args = ['restore', 'latest', '--replace', '--yes', '--dir', store];
      await runCli(args, { env, signalAfter: { signal: 'SIGKILL', ms } });
      const now = await contentOf(name);
      expect([old, restored], `killed after ${ms} ms`).toContain(now);
      if (now === old) seen.old++;
      else {
        seen.restored++;
        // It was killed after the exchange.
        expect(await run('restore', '--undo', '--yes')).toMatchObject({ status: 0 });
        expect(await contentOf(name)).toBe(old);
      }
    }
    expect(seen.old).toBeGreaterThan(0);
    expect(await run('restore', 'latest', '--replace', '--yes')).toMatchObject({ status: 0 });
    expect(await contentOf(name)).toBe(restored);
    // What the killed ones left went with the next run.
    await expect
      .poll(async () => (await databasesBeside(name)).filter((other) => other.includes('__restore_')), {
        timeout: 10_000,
      })
      .toEqual([]);
  });

  it('by a damaged backup, a missing role, an index that cannot be built: nothing has changed', async () => {
    const { name, run, sql, backup } = await liveDatabase();
    const old = await contentOf(name);
    const refused = async (reference: string, status: number) => {
      expect(await run('restore', reference, '--replace', '--yes')).toMatchObject({ status });
      expect(await contentOf(name)).toBe(old);
      expect(await databasesBeside(name)).toEqual([]);
    };

    const damaged = join(await temporaryStore(), basename(dirname(backup)), basename(backup));
    await cp(backup, damaged, { recursive: true });
    await appendFile(join(damaged, 'dump', 'toc.dat'), 'x');
    await refused(damaged, 14);

    const role = `gone_${name}`;
    await sql.unsafe(`create role ${role}; alter table b owner to ${role}`);
    await run('backup');
    await sql.unsafe(`reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`);
    await refused('latest', 15);

    await sql.unsafe(
      `create function inner_one(text) returns text immutable language sql as 'select $1';
       create function outer_one(text) returns text immutable language plpgsql as 'begin return inner_one($1); end';
       create index on a (outer_one(v))`,
    );
    await run('backup');
    await refused('latest', 13);
  });
});
