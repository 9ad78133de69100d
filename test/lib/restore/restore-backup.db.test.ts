import { createHash } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatChecksums, writeManifest } from '../../../src/lib/backup/manifest.js';
import { backupManifestSchema, type Backup } from '../../../src/lib/backup/types.js';
import { withDatabase as withName } from '../../../src/lib/core/connection.js';
import { quoteIdentifier, withDatabase } from '../../../src/lib/core/database.js';
import { Secret } from '../../../src/lib/core/secret.js';
import { restoreBackup, type RestoreOptions } from '../../../src/lib/restore/index.js';
import { markStatement } from '../../../src/lib/restore/database-mark.js';
import { besideName } from '../../../src/lib/restore/database-names.js';
import {
  backupDeps,
  filledDatabase,
  hasSampleData,
  loadSample,
  openForTest,
  takeBackup,
  temporaryName,
  temporaryStore,
} from '../../support/backup-store.js';
import { serverTarget } from '../../support/database.js';
import { HOSTILE_SCHEMA, HOSTILE_TABLES } from '../../support/hostile-schema.js';

async function restore(
  backup: Backup,
  into: string,
  options: { signal?: AbortSignal; onWarning?: (text: string) => void } & Partial<RestoreOptions> = {},
) {
  const { signal, onWarning, ...changes } = options;
  const ownership = { noOwner: false, noPrivileges: false };
  const deps = backupDeps(await serverTarget(), {
    ...(signal && { signal }),
    ...(onWarning && { onWarning }),
  });
  return restoreBackup(deps, { backup, into, jobs: 2, verify: true, dryRun: false, ownership, ...changes });
}

/** Databases whose names begin so. */
async function databasesLike(beginning: string): Promise<string[]> {
  return withDatabase(await serverTarget(), {}, async ({ sql }) => {
    const rows = await sql<{ name: string }[]>`
      select datname as name from pg_database where starts_with(datname::text, ${beginning}) order by 1`;
    return rows.map(({ name }) => name);
  });
}

async function dropAll(beginning: string): Promise<void> {
  const names = await databasesLike(beginning);
  await withDatabase(await serverTarget(), {}, async ({ sql }) => {
    for (const name of names) await sql`drop database if exists ${sql(name)} with (force)`;
  });
}

async function databaseExists(name: string): Promise<boolean> {
  return withDatabase(await serverTarget(), {}, async ({ sql }) => {
    const [found] = await sql`select from pg_database where datname = ${name}`;
    return found !== undefined;
  });
}

/** Alters a table's archived data and makes every checksum agree with it again, as only a forger could. */
async function forge(backup: Backup, table: string, change: (rows: string) => string): Promise<void> {
  const file = backup.tables.find(({ name }) => name === table)?.file ?? '';
  const path = join(backup.path, file);
  const content = gzipSync(change(gunzipSync(await readFile(path)).toString()));
  await writeFile(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const manifest = backupManifestSchema.parse(backup);
  const files = backup.files.map((known) =>
    known.path === file ? { path: file, sizeBytes: content.length, sha256 } : known,
  );
  await writeFile(join(backup.path, 'SHA256SUMS'), formatChecksums(files));
  await writeManifest(backup.path, { ...manifest, files });
}

describe('restoreBackup', () => {
  it('gives back every table of a hostile schema, byte for byte', async () => {
    const database = await filledDatabase(HOSTILE_SCHEMA);
    const backup = await takeBackup(database.target, await temporaryStore());
    const into = temporaryName();
    const result = await restore(backup, into);
    expect(result).toMatchObject({
      created: true,
      database: into,
      proof: { tables: HOSTILE_TABLES, rows: backup.totals.rows, largeObjects: 3, mismatches: [] },
    });
    const sql = await openForTest(into);
    expect(await sql`select n::int from sums`).toEqual([{ n: 20 }]);
    expect(await sql`select last_value::text as v, is_called from untouched`).toEqual([
      { v: '42', is_called: false },
    ]);
  });

  it.each(["it's a 'name'", 'dbname=postgres', 'postgresql://elsewhere/x', '-d', 'ünïcode', 'a "b" \\c'])(
    'backs up and restores a database called %j',
    async (odd) => {
      const source = temporaryName(odd);
      await withDatabase(
        await serverTarget(),
        {},
        ({ sql }) => sql`create database ${sql(source)} template template0`,
      );
      const target = withName(await serverTarget(), source);
      await withDatabase(target, {}, ({ sql }) => sql`create table t as select generate_series(1, 9) as v`);
      const backup = await takeBackup(target, await temporaryStore());
      const into = temporaryName(`${odd}2`);
      expect(await restore(backup, into)).toMatchObject({ proof: { rows: 9, mismatches: [] } });
      expect(backup.database).toBe(source);
    },
  );

  it('keeps encoding and collation of the source', async () => {
    const source = temporaryName('latin');
    await withDatabase(await serverTarget(), {}, ({ sql }) =>
      sql.unsafe(
        `create database ${source} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`,
      ),
    );
    const target = withName(await serverTarget(), source);
    await withDatabase(target, {}, ({ sql }) =>
      sql.unsafe(`create table "größe" (v text); insert into "größe" values ('façade'), ('Ärger')`).simple(),
    );
    const backup = await takeBackup(target, await temporaryStore());
    expect(backup).toMatchObject({ encoding: 'LATIN1', tables: [{ name: 'größe', rows: 2 }] });
    const into = temporaryName();
    expect(await restore(backup, into)).toMatchObject({ proof: { mismatches: [] } });
    const sql = await openForTest(into);
    expect(await sql`select v from "größe" order by 1`).toEqual([{ v: 'façade' }, { v: 'Ärger' }]);
    expect(await sql`show server_encoding`).toEqual([{ server_encoding: 'LATIN1' }]);
  });

  it('fills an empty database and refuses one that is not, before it writes', async () => {
    const backup = await takeBackup(
      (await filledDatabase('create table t as select 1 as v')).target,
      await temporaryStore(),
    );
    const empty = await filledDatabase('select 1');
    expect(await restore(backup, empty.name)).toMatchObject({ created: false, proof: { rows: 1 } });

    for (const content of [
      'create table other (v int)',
      'create schema app',
      'create function f() returns int language sql as $$ select 1 $$',
      "create type mood as enum ('a')",
      "select lo_from_bytea(0, 'x')",
    ]) {
      const full = await filledDatabase(content);
      await expect(restore(backup, full.name), content).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
      const [{ tables } = { tables: 0 }] = await full.sql<{ tables: number }[]>`
        select count(*)::int as tables from pg_tables where schemaname = 'public' and tablename = 't'`;
      expect(tables).toBe(0);
    }
  });

  it('refuses a damaged backup before it creates a database', async () => {
    const database = await filledDatabase('create table t as select generate_series(1, 99) as v');
    const backup = await takeBackup(database.target, await temporaryStore());
    await appendFile(join(backup.path, backup.tables[0]?.file ?? ''), 'x');
    const into = temporaryName();
    await expect(restore(backup, into)).rejects.toMatchObject({
      code: 'BACKUP_CORRUPT',
      message: expect.stringContaining('table public.t') as string,
    });
    expect(await databaseExists(into)).toBe(false);
  });

  it('names every missing role and extension at once, before it creates a database', async () => {
    const [owner, reader] = [temporaryName('owner'), temporaryName('odd "reader"')];
    const database = await filledDatabase(
      `create role ${owner}; create role ${quoteIdentifier(reader)}; create table t as select 1 as v;
       alter table t owner to ${owner}; grant select on t to ${quoteIdentifier(reader)}`,
    );
    const backup = await takeBackup(database.target, await temporaryStore());
    for (const role of [owner, quoteIdentifier(reader)])
      await database.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
    const into = temporaryName();
    await expect(restore(backup, into)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { roles: [reader, owner].sort() },
    });
    expect(await databaseExists(into)).toBe(false);
    const ownership = { noOwner: true, noPrivileges: true };
    expect(await restore(backup, into, { ownership, dryRun: true })).toMatchObject({ dryRun: true });
    expect(await databaseExists(into)).toBe(false);
    expect(await restore(backup, into, { ownership })).toMatchObject({ proof: { mismatches: [] } });
  });

  it('names every right that the role lacks at once, before it creates a database', async () => {
    const [owner, weak] = [temporaryName('owner'), temporaryName('weak')];
    const database = await filledDatabase(
      `create role ${owner}; create role ${weak} login password 'weak'; create table t as select 1 as v; alter table t owner to ${owner}`,
    );
    const backup = await takeBackup(database.target, await temporaryStore());
    const into = temporaryName();
    const options = { backup, into, jobs: 1, verify: true, dryRun: false };
    const deps = backupDeps({ ...(await serverTarget()), user: weak, password: new Secret('weak') });
    try {
      await expect(
        restoreBackup(deps, { ...options, ownership: { noOwner: false, noPrivileges: false } }),
      ).rejects.toMatchObject({
        code: 'PERMISSION',
        details: { mayCreateDatabase: false, notMemberOf: expect.arrayContaining([owner]) as string[] },
      });
    } finally {
      await database.sql.unsafe(`drop owned by ${owner}; drop role ${owner}; drop role ${weak}`);
    }
    expect(await databaseExists(into)).toBe(false);
  });

  it('drops the database it created when pg_restore fails', async () => {
    const database = await filledDatabase(
      `create function inner_one(int) returns int immutable language sql as 'select $1';
       create function outer_one(int) returns int immutable language plpgsql as 'begin return inner_one($1); end';
       create table t as select 1 as v; create index on t (outer_one(v))`,
    );
    const backup = await takeBackup(database.target, await temporaryStore());
    const into = temporaryName();
    await expect(restore(backup, into)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('inner_one') as string,
    });
    expect(await databaseExists(into)).toBe(false);
  });

  it('drops the database it created when it is stopped', async () => {
    const database = await filledDatabase(
      'create table t as select i, md5(i::text) as v from generate_series(1, 200000) i; create index on t (v)',
    );
    const backup = await takeBackup(database.target, await temporaryStore());
    const into = temporaryName();
    const controller = new AbortController();
    const running = restore(backup, into, { signal: controller.signal });
    const stopped = expect(running).rejects.toThrow('stopped');
    await expect.poll(() => databasesLike(into), { interval: 5, timeout: 10_000 }).toHaveLength(1);
    expect(await databaseExists(into)).toBe(false);
    controller.abort(new Error('stopped'));
    await stopped;
    expect(await databasesLike(into)).toEqual([]);
  });

  it('removes what a killed restore left, and nothing that looks like it', async () => {
    const database = await filledDatabase('create table t as select 1 as v');
    const backup = await takeBackup(database.target, await temporaryStore());
    const into = temporaryName();
    const remnant = besideName(into, 'restore', new Date('2026-01-01T00:00:00Z'));
    const alike = besideName(into, 'restore', new Date('2026-01-02T00:00:00Z'));
    const unborn = besideName(into, 'restore', new Date('2026-01-03T00:00:00Z'));
    const mark = { state: 'restoring', database: into, since: '2026-01-01T00:00:00.000Z' } as const;
    await withDatabase(await serverTarget(), {}, async ({ sql }) => {
      onTestFinished(() => dropAll(into));
      await sql`create database ${sql(remnant)}`;
      await sql`create database ${sql(alike)}`;
      await sql`create database ${sql(unborn)}`;
      await sql.unsafe(markStatement(remnant, mark));
    });
    // Without its note a database goes only when it is empty: it was killed before it was noted.
    await (await openForTest(alike))`create table kept (v int)`;
    const warnings: string[] = [];
    await restore(backup, into, { onWarning: (text) => warnings.push(text) });
    expect(await databasesLike(into)).toEqual([into, alike].sort());
    expect(warnings).toEqual(
      [remnant, unborn].map((name) => `dropped ${name}, which a restore that was killed had left`),
    );
  });

  it('sees that an archive was altered together with its checksums', async () => {
    const database = await filledDatabase(
      `create table a as select i, 'row ' || i as v from generate_series(1, 100) i; create table b as table a`,
    );
    const backup = await takeBackup(database.target, await temporaryStore());
    await forge(backup, 'b', (rows) => rows.replace('row 50\n', 'row 51\n'));
    const into = temporaryName();
    await expect(restore(backup, into)).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
  });

  it.skipIf(!hasSampleData).each(['pagila', 'chinook', 'northwind', 'world'])(
    'proves a restored %s',
    async (sample) => {
      const backup = await takeBackup(await loadSample(sample), await temporaryStore());
      const result = await restore(backup, temporaryName());
      expect(result.proof).toMatchObject({ tables: backup.tables.length, mismatches: [] });
    },
  );
});
