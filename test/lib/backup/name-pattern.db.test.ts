import { execa } from 'execa';
import { expect, it } from 'vitest';
import { isSelected, type NamedRelation } from '../../../src/lib/backup/name-pattern.js';
import type { Selection } from '../../../src/lib/backup/types.js';
import { filledDatabase } from '../../support/backup-store.js';

const TABLES = `
  create schema app; create schema "App"; create schema "a.b"; create schema audit;
  create table t (v int); create table "T" (v int); create table "we ird" (v int); create table "a.b" (v int);
  create table "dollar$x" (v int); create table "q""uote" (v int); create table "star*" (v int);
  create table app.t (v int); create table app.tab (v int); create table "App".t (v int);
  create table "a.b".c (v int); create table audit.log (v int); create table audit.log_2026 (v int)`;

const NONE: Selection = { schemas: [], tables: [], excludeTables: [], excludeTableData: [] };

const SELECTIONS: readonly Partial<Selection>[] = [
  { tables: ['t'] },
  { tables: ['T'] },
  { tables: ['"T"'] },
  { tables: ['*.t'] },
  { tables: ['app.*'] },
  { tables: ['App.t'] },
  { tables: ['"App".t'] },
  { tables: ['"a.b".*', '"a.b"'] },
  { tables: ['t*'] },
  { tables: ['t?b', 'app.t?b'] },
  { tables: ['"we ird"', 'dollar$x', '"q""uote"', '"star*"'] },
  { tables: ['audit.log_[0-9]+'] },
  { tables: ['audit.(log|nothing)'] },
  { schemas: ['app'] },
  { schemas: ['a*'] },
  { schemas: ['"App"', '"a.b"'] },
  { schemas: ['app'], tables: ['audit.log'] },
  { excludeTables: ['*.t', 'audit.*'] },
  { schemas: ['audit'], excludeTables: ['audit.log'] },
  { tables: ['*'], excludeTables: ['t'] },
];

it('means the tables that pg_dump means', async () => {
  const { sql, url } = await filledDatabase(TABLES);
  const relations = await sql<NamedRelation[]>`
    select n.nspname as schema, c.relname as name, pg_table_is_visible(c.oid) as visible
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
  for (const changes of SELECTIONS) {
    const selection = { ...NONE, ...changes };
    const { stdout } = await execa(
      'pg_dump',
      [
        '--dbname',
        url,
        '--format=custom',
        '--schema-only',
        ...selection.schemas.map((text) => `--schema=${text}`),
        ...selection.tables.map((text) => `--table=${text}`),
        ...selection.excludeTables.map((text) => `--exclude-table=${text}`),
      ],
      { encoding: 'buffer' },
    );
    const { stdout: list } = await execa('pg_restore', ['--list'], { input: stdout });
    const dumped = list
      .split('\n')
      .flatMap((line) => /^\d+; \d+ \d+ TABLE (.*) \S+$/.exec(line)?.[1] ?? [])
      // `*` means the system's own, too, which anybody may read.
      .filter((table) => !table.startsWith('pg_catalog '))
      .sort();
    const ours = relations
      .filter((relation) => isSelected(relation, selection))
      .map(({ schema, name }) => `${schema} ${name}`)
      .sort();
    expect(ours, JSON.stringify(changes)).toEqual(dumped);
  }
});
