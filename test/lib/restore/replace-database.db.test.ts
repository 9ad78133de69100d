import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Backup } from '../../../src/lib/backup/types.js';
import { withDatabase as withName } from '../../../src/lib/core/connection.js';
import { withDatabase } from '../../../src/lib/core/database.js';
import { besideName } from '../../../src/lib/restore/database-names.js';
import { readDatabaseProperties } from '../../../src/lib/restore/database-properties.js';
import { replaceDatabase, undoReplace, type RestoreOptions } from '../../../src/lib/restore/index.js';
import {
  backupDeps,
  filledDatabase,
  takeBackup,
  temporaryName,
  temporaryStore,
} from '../../support/backup-store.js';
import { serverTarget } from '../../support/database.js';

async function replace(
  backup: Backup,
  into: string,
  options: { signal?: AbortSignal } & Partial<RestoreOptions> = {},
) {
  const { signal, ...changes } = options;
  const deps = backupDeps(await serverTarget(), signal === undefined ? {} : { signal });
  const ownership = { noOwner: false, noPrivileges: false };
  return replaceDatabase(deps, { backup, into, jobs: 2, verify: true, dryRun: false, ownership, ...changes });
}

async function dropAll(beginning: string): Promise<void> {
  await withDatabase(await serverTarget(), {}, async ({ sql }) => {
    const rows = await sql<{ name: string }[]>`
      select datname as name from pg_database where starts_with(datname::text, ${beginning})`;
    for (const { name } of rows) await sql`drop database if exists ${sql(name)} with (force)`;
  });
}

/** A live database whose content has moved on since its backup; everything beside it goes away with the test. */
async function liveDatabase() {
  const database = await filledDatabase(
    'create table t as select i as id from generate_series(1, 1000) i; create table u (v text)',
  );
  onTestFinished(() => dropAll(database.name));
  const backup = await takeBackup(database.target, await temporaryStore());
  await database.sql`delete from t where id > 10`;
  return { name: database.name, backup };
}

async function rowsOf(name: string): Promise<number> {
  return withDatabase(withName(await serverTarget(), name), {}, async ({ sql }) => {
    const [row] = await sql<{ n: number }[]>`select count(*)::int as n from t`;
    return row?.n ?? -1;
  });
}

async function databasesBeside(name: string): Promise<string[]> {
  return withDatabase(await serverTarget(), {}, async ({ sql }) => {
    const rows = await sql<{ name: string }[]>`
      select datname as name from pg_database where starts_with(datname::text, ${`${name}__`}) order by 1`;
    return rows.map((row) => row.name);
  });
}

describe('replaceDatabase', () => {
  it('exchanges the databases, keeps the old one, and undoes it', async () => {
    const { name, backup } = await liveDatabase();
    const result = await replace(backup, name);
    expect(result).toMatchObject({
      database: name,
      replaced: expect.stringContaining(`${name}__old_`) as string,
    });
    expect(await rowsOf(name)).toBe(1000);
    expect(await rowsOf(result.replaced ?? '')).toBe(10);

    const undone = await undoReplace(backupDeps(await serverTarget()), name);
    expect(undone).toMatchObject({ database: name, from: result.replaced });
    expect(await rowsOf(name)).toBe(10);
    expect(await rowsOf(undone.replaced)).toBe(1000);
    // Undoing what was undone brings the restored one back, not one that is older still.
    const redone = await undoReplace(backupDeps(await serverTarget()), name);
    expect(redone).toMatchObject({ from: undone.replaced });
    expect(await rowsOf(name)).toBe(1000);
    expect(await databasesBeside(name)).toHaveLength(1);
  });

  it('undoes nothing by the look of a name', async () => {
    const long = 'a_name_so_long_that_only_its_end_tells_it_from_another_one_';
    const [one, other] = [temporaryName(long).slice(0, 63), `${long}xx`.slice(0, 63)];
    const { backup } = await liveDatabase();
    await withDatabase(await serverTarget(), {}, async ({ sql }) => {
      onTestFinished(() => dropAll(one.slice(0, 40)));
      await sql`create database ${sql(one)}`;
      await sql`create database ${sql(other)}`;
      await sql`create database ${sql(besideName(other, 'old', new Date()))}`;
    });
    expect((await replace(backup, one)).replaced).toMatch(/^a_name_so_long.*__old_\d+$/);
    await expect(undoReplace(backupDeps(await serverTarget()), other)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await undoReplace(backupDeps(await serverTarget()), one)).toMatchObject({ database: one });
  });

  it('refuses what is not all of a database, and what cannot be proved', async () => {
    const { name } = await liveDatabase();
    const target = withName(await serverTarget(), name);
    const part = { schemas: [], tables: ['u'], excludeTables: [], excludeTableData: [] };
    for (const [options, problem] of [
      [{ selection: part }, /only a part/],
      [{ fingerprint: false }, /without fingerprints/],
    ] as const) {
      const backup = await takeBackup(target, await temporaryStore(), options);
      await expect(replace(backup, name)).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(problem) as string,
      });
    }
    expect(await rowsOf(name)).toBe(10);
    expect(await databasesBeside(name)).toEqual([]);
  });

  it('carries owner, rights, settings, limit and comment over', async () => {
    const { name, backup } = await liveDatabase();
    const [owner, reader] = [temporaryName('owner'), temporaryName('reader')];
    const read = async () =>
      withDatabase(await serverTarget(), {}, ({ sql }) => readDatabaseProperties(sql, name));
    await withDatabase(await serverTarget(), {}, async ({ sql }) => {
      await sql.unsafe(
        `create role ${owner}; create role ${reader};
         alter database ${name} owner to ${owner};
         revoke all on database ${name} from public;
         grant connect on database ${name} to ${reader} with grant option;
         alter database ${name} set search_path to "my schema", '$user', public;
         alter database ${name} set work_mem = '7MB'; alter database ${name} set "app.tenant" = 'it''s \\ x';
         alter role ${reader} in database ${name} set statement_timeout = '5s';
         alter database ${name} connection limit 17;
         comment on database ${name} is 'the ''live'' one'`,
      );
    });
    try {
      const before = await read();
      expect(before?.settings).toHaveLength(4);
      await replace(backup, name);
      expect(await read()).toEqual(before);
    } finally {
      await withDatabase(await serverTarget(), {}, async ({ sql }) => {
        for (const database of [name, ...(await databasesBeside(name))])
          await sql`drop database if exists ${sql(database)} with (force)`;
        await sql.unsafe(`drop role ${owner}; drop role ${reader}`);
      });
    }
  });

  it('swaps under clients that keep coming back, which see the old content or the new', async () => {
    const { name, backup } = await liveDatabase();
    const server = await serverTarget();
    const env = {
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: server.user,
      PGDATABASE: name,
      PGPASSWORD: server.password?.reveal() ?? '',
    };
    const stop = new AbortController();
    const seen = new Set<string>();
    const clients = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) {
        // A session that stays for a while, as an application's would.
        const script = 'select count(*) from t; select pg_sleep(0.05)';
        const { exitCode, stdout } = await execa('psql', ['-XAtqc', script], { env, reject: false });
        if (exitCode === 0) seen.add(stdout.trim());
      }
    });
    await replace(backup, name);
    await expect.poll(() => seen.has('1000'), { timeout: 20_000 }).toBe(true);
    stop.abort();
    await Promise.all(clients);
    expect([...seen].sort()).toEqual(['10', '1000']);
  });

  it.each(['checking', 'restoring', 'analyzing', 'proving', 'swapping'])(
    'leaves the live database as it was when it is stopped while %s',
    async (phase) => {
      const { name, backup } = await liveDatabase();
      const controller = new AbortController();
      const deps = backupDeps(await serverTarget(), {
        signal: controller.signal,
        onProgress: (event) => {
          if (event.phase.startsWith(phase === 'checking' ? 'reading back' : phase))
            controller.abort(new Error('stopped'));
        },
      });
      const ownership = { noOwner: false, noPrivileges: false };
      await expect(
        replaceDatabase(deps, { backup, into: name, jobs: 2, verify: true, dryRun: false, ownership }),
      ).rejects.toThrow('stopped');
      expect(await rowsOf(name)).toBe(10);
      expect(await databasesBeside(name)).toEqual([]);
    },
  );

  it('writes nothing in a dry run, and simply restores what does not exist yet', async () => {
    const { name, backup } = await liveDatabase();
    expect(await replace(backup, name, { dryRun: true })).toMatchObject({ dryRun: true, database: name });
    expect(await databasesBeside(name)).toEqual([]);
    const fresh = temporaryName();
    expect(await replace(backup, fresh)).toMatchObject({ created: true, replaced: null });
  });
});

describe('besideName', () => {
  it('stays within 63 bytes and cuts no character in half', () => {
    const now = new Date('2026-11-22T03:15:00Z');
    expect(besideName('shop', 'old', now)).toBe('shop__old_20261122031500000');
    const long = besideName('ü'.repeat(31), 'restore', now);
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(63);
    expect(long).toMatch(/^ü+__restore_20261122031500000$/);
  });
});
