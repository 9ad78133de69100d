import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { createMigrations, type TestMigrations } from '../support/migrations.js';

let database: TestDatabase;
let folder: TestMigrations;

beforeEach(async () => {
  database = await createDatabase();
  folder = await createMigrations({
    '0001_a.up.sql':
      'create table a (id int); comment on table a is $$x\n\\restrict aB3\n\n\n-- Dumped by hand$$;',
    '0001_a.down.sql': 'drop table a;',
  });
});
afterEach(async () => {
  await database.drop();
  await folder.remove();
});

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCli(['migrate', ...args, '--json'], {
    cwd: folder.dir,
    env: { ...database.env, BK_DB_MIGRATIONS_DIR: folder.dir, ...env },
  });

describe('a schema file', () => {
  const FILE = { BK_DB_SCHEMA_FILE: 'schema.sql' };
  const schemaFile = () => readFile(join(folder.dir, 'schema.sql'), 'utf8');
  const changeOf = async (args: readonly string[]) =>
    (await run(args, FILE)).json.data.schemaFile.change as string;

  it('is written when the schema changes, and only then', async () => {
    expect(await changeOf([])).toBe('created');
    const first = await schemaFile();
    expect(first).toMatch(/^-- Schema at version 0001, .*\n\n--\n-- PostgreSQL database dump/);
    expect(first).toContain('\n\\restrict aB3\n\n\n-- Dumped by hand');
    expect(first.match(/^\\|^-- Dumped|bk_migrations\./gm)).toHaveLength(2);
    expect(await changeOf([])).toBe('none');
    expect(await changeOf(['redo', '--yes'])).toBe('none');
    expect(await schemaFile()).toBe(first);
    await folder.write({ '0002_b.up.sql': 'create table b (id int);', '0002_b.down.sql': 'drop table b;' });
    expect(await changeOf([])).toBe('rewritten');
    expect(await schemaFile()).toContain('CREATE TABLE public.b');
    expect(await changeOf(['down', '--yes'])).toBe('rewritten');
    expect(await schemaFile()).toBe(first);
  });

  it('that was left behind is noticed, by a run with nothing to do and by status --check', async () => {
    await run([]);
    expect((await run(['status', '--check'], FILE)).status).toBe(4);
    expect(await changeOf([])).toBe('created');
    expect(await run(['status', '--check'], FILE)).toMatchObject({
      status: 0,
      json: { data: { schemaFileCurrent: true } },
    });
    await database.sql`create table by_hand ()`;
    expect(await run(['status', '--check'], FILE)).toMatchObject({
      status: 4,
      json: { data: { schemaFileCurrent: false }, warnings: [expect.stringContaining('schema.sql')] },
    });
    await folder.write({ '0002_b.up.sql': 'create table b ();' });
    await run([]);
    expect(await changeOf([])).toBe('rewritten');
  });

  it('gives an empty database the same schema', async () => {
    await run([], FILE);
    const other = await createDatabase();
    await other.sql.unsafe(await schemaFile()).simple();
    const env = { ...other.env, ...FILE };
    expect((await run(['baseline', '0001'], env)).status).toBe(0);
    expect(await run(['status', '--check'], env)).toMatchObject({ status: 0 });
    await other.drop();
  });

  it('that cannot be written ends the command with an error', async () => {
    expect(await run(['--schema-file', 'nowhere/schema.sql'])).toMatchObject({
      status: 22,
      json: { error: { message: expect.stringContaining('nowhere/schema.sql') } },
    });
  });
});

describe('GITHUB_STEP_SUMMARY', () => {
  const summary = () => readFile(join(folder.dir, 'summary.md'), 'utf8');
  const env = () => ({ GITHUB_STEP_SUMMARY: join(folder.dir, 'summary.md') });

  it('gets what was applied, what is pending and what lint found, each below the other', async () => {
    await run(['status'], env());
    await run([], env());
    await folder.write({ '0002_b.up.sql': 'drop table a;' });
    await run(['status'], env());
    await run(['lint'], env());
    expect(await summary()).toMatch(
      new RegExp(
        [
          '### bk-db migrate status\n\nNothing is applied: \\*\\*not up to date\\*\\*, 0 migrations applied.',
          '\\| state \\| migration \\|\n\\| --- \\| --- \\|\n\\| pending \\| 0001\\\\_a \\|',
          '### bk-db migrate\n\n1 migration applied. The schema is at `0001`.',
          '\\| file \\| took \\|\n\\| --- \\| --- \\|\n\\| 0001\\\\_a.up.sql \\| [^|]+ \\|',
          '### bk-db migrate status\n\nThe schema is at `0001`: \\*\\*not up to date\\*\\*, 1 migration applied.',
          '\\| state \\| migration \\|\n\\| --- \\| --- \\|\n\\| pending \\| 0002\\\\_b \\|',
          '### bk-db migrate lint\n\n1 finding in 2 files.',
          '\\| place \\| rule \\| finding \\|\n\\| --- \\| --- \\| --- \\|\n\\| 0002\\\\_b.up.sql:1 \\| loses-data \\| it removes .*\\|',
        ].join('\n\n'),
      ),
    );
  });

  it('gets the failure, with its place', async () => {
    await folder.write({ '0002_b.up.sql': 'select 1;\nselect `nope`;' });
    expect((await run([], env())).status).toBe(17);
    expect(await summary()).toMatch(
      /^### bk-db migrate\n\n\*\*Failed:\*\* migration 0002\\_b failed at 0002\\_b\.up\.sql:2:14: .*\n\n```\n[^\n]*0002_b\.up\.sql:2:14\n/,
    );
  });

  it('that cannot be written is a warning', async () => {
    const { status, json } = await run([], { GITHUB_STEP_SUMMARY: '/nowhere/summary.md' });
    expect(status).toBe(0);
    expect(json.warnings).toEqual([expect.stringContaining('GITHUB_STEP_SUMMARY')]);
    await writeFile(join(folder.dir, 'summary.md'), '');
    await run([], { GITHUB_STEP_SUMMARY: '' });
    expect(await summary()).toBe('');
  });
});
