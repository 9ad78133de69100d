import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filledDatabase, openForTest, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import type { TestDatabase } from '../support/database.js';

interface Explained {
  readonly statement: string;
  readonly risk: string;
  readonly locksKnown: boolean;
  readonly effects: readonly Record<string, unknown>[];
}

async function scratchDatabasesWith(sql: TestDatabase['sql'], table: string): Promise<string[]> {
  const names = await sql<{ name: string }[]>`
    select datname as name from pg_database where starts_with(datname::text, 'bk_scratch_')`;
  const found: string[] = [];
  for (const { name } of names) {
    // One that goes meanwhile is not ours either: ours would stay.
    const there = await openForTest(name)
      .then((other) => other`select from pg_class where relname = ${table}`)
      .catch(() => []);
    if (there.length > 0) found.push(name);
  }
  return found;
}

async function explain(...statements: string[]) {
  const { env, sql } = await filledDatabase(
    `create table big as select i as id, 'x' as v, 1 as old from generate_series(1, 5000) i; alter table big add primary key (id);
     create table small (id int primary key); analyze`,
  );
  const dir = join(await temporaryStore(), 'migrations');
  await mkdir(dir);
  for (const [n, text] of statements.entries())
    await writeFile(join(dir, `000${n + 1}_change.up.sql`), `${text};\n`);
  const { status, json } = await runCli(['migrate', 'explain', '--migrations-dir', dir, '--json'], { env });
  // Scratch databases of tests that run meanwhile are others'; ours would hold the table.
  const scratch = await scratchDatabasesWith(sql, 'small');
  const columns = await sql<
    { n: number }[]
  >`select count(*)::int as n from pg_attribute where attrelid = 'big'::regclass and attnum > 0`;
  return {
    status,
    data: json.data as { statements: Explained[]; error: unknown },
    scratch,
    columns: columns[0]?.n,
  };
}

/** Statement, risk, and what the first effect says of the table `big`. */
const CASES: readonly (readonly [string, string, Record<string, unknown>])[] = [
  ['alter table big add n int', 'brief', { blocks: 'reads and writes', rewritten: false, scanned: false }],
  ['alter table big add n float default random()', 'long', { blocks: 'reads and writes', rewritten: true }],
  ['alter table big alter id type bigint', 'long', { rewritten: true }],
  ['alter table big alter v set not null', 'long', { blocks: 'reads and writes', scanned: true }],
  ['create index named on big (v)', 'long', { blocks: 'writes', newIndexes: ['named'] }],
  ['alter table big add check (id > 0) not valid', 'brief', { scanned: false }],
  ['alter table big drop column old', 'data', { droppedColumns: ['old'] }],
  ['drop table big', 'data', { dropped: true, rows: 5000 }],
  ["comment on table big is 'x'", 'none', { blocks: 'schema changes' }],
];

describe('migrate explain', () => {
  it.each(CASES)('%s: %s', async (statement, risk, effect) => {
    const { data, status, scratch, columns } = await explain(statement);
    expect(data.statements).toMatchObject([{ risk, locksKnown: true }]);
    expect(data.statements[0]?.effects).toContainEqual(
      expect.objectContaining({ table: 'public.big', rows: 5000, ...effect }),
    );
    expect(status).toBe(risk === 'long' || risk === 'data' ? 4 : 0);
    // The database itself was only read, and the copy is gone.
    expect({ scratch, columns }).toMatchObject({ scratch: [], columns: 3 });
  });

  it('counts work under a lock that an earlier statement took', async () => {
    const { data } = await explain('alter table big add n int;\nalter table big alter v set not null');
    expect(data.statements.map(({ risk }) => risk)).toEqual(['brief', 'long']);
  });

  it('is not alarmed by what the migrations make themselves, or what waits for nobody', async () => {
    const { data, status } = await explain(
      'create table fresh (id int);\ncreate index on fresh (id);\nalter table fresh alter id set not null',
      'create index concurrently later on big (v)',
    );
    expect(status).toBe(0);
    expect(data.statements.map(({ risk, locksKnown }) => [risk, locksKnown])).toEqual([
      ['none', true],
      ['none', true],
      ['none', true],
      ['none', false],
    ]);
  });

  it('runs nothing that reaches beyond the database, and says so', async () => {
    const role = `explained_${Math.random().toString(36).slice(2, 10)}`;
    const { data, status } = await explain(
      `create role ${role};\ndo $$ begin create role ${role}; end $$;\ncreate table fresh (v int)`,
      'alter system set log_min_duration_statement = 123',
    );
    expect(data.statements.map(({ risk }) => risk)).toEqual(['unknown', 'unknown', 'none', 'unknown']);
    expect(status).toBe(0);
    const { sql } = await filledDatabase('select 1');
    expect(await sql`select from pg_roles where rolname = ${role}`).toEqual([]);
    expect(await sql`select from pg_file_settings where name = 'log_min_duration_statement'`).toEqual([]);
  });

  it('names the statement that fails, and what is not pending', async () => {
    const { data, status } = await explain('alter table big add a int;\nalter table nothing add a int');
    expect(status).toBe(4);
    expect(data).toMatchObject({
      statements: [{ risk: 'brief' }],
      error: { line: 2, message: 'relation "nothing" does not exist' },
    });
    const { env } = await filledDatabase('select 1');
    const dir = await temporaryStore();
    await writeFile(join(dir, '0001_one.up.sql'), 'create table t (v int);');
    await runCli(['migrate', '--migrations-dir', dir], { env });
    expect(await runCli(['migrate', 'explain', '--migrations-dir', dir], { env })).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('nothing is pending') as string,
    });
  });
});
