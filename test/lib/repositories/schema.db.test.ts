import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as consensus from '../../../src/lib/repositories/consensus/tables.js';
import * as consensusVocabulary from '../../../src/lib/repositories/consensus/vocabulary.js';
import * as evolution from '../../../src/lib/repositories/evolution/tables.js';
import * as evolutionVocabulary from '../../../src/lib/repositories/evolution/vocabulary.js';
import * as framework from '../../../src/lib/repositories/framework/tables.js';
import * as frameworkVocabulary from '../../../src/lib/repositories/framework/vocabulary.js';
import * as power from '../../../src/lib/repositories/power-dynamics/tables.js';
import * as powerVocabulary from '../../../src/lib/repositories/power-dynamics/vocabulary.js';
import * as shared from '../../../src/lib/repositories/vocabulary.js';
import type { Vocabulary } from '../../../src/lib/repositories/base/column.js';
import { Table } from '../../../src/lib/repositories/base/table.js';
import * as verification from '../../../src/lib/repositories/verification/tables.js';
import * as verificationVocabulary from '../../../src/lib/repositories/verification/vocabulary.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';

/** Each domain adds its schema, its tables and its vocabularies here. */
const DOMAINS: readonly Domain[] = [
  { schema: 'bk', tables: {}, vocabularies: shared },
  { schema: 'verification', tables: verification, vocabularies: verificationVocabulary },
  { schema: 'consensus', tables: consensus, vocabularies: consensusVocabulary },
  { schema: 'framework', tables: framework, vocabularies: frameworkVocabulary },
  { schema: 'power_dynamics', tables: power, vocabularies: powerVocabulary },
  { schema: 'evolution', tables: evolution, vocabularies: evolutionVocabulary },
];

interface Domain {
  readonly schema: string;
  readonly tables: Readonly<Record<string, unknown>>;
  readonly vocabularies: Readonly<Record<string, unknown>>;
}

interface DatabaseColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  /** The server fills it in some way when an INSERT leaves it out. */
  readonly filled: boolean;
  readonly generated: boolean;
}

let database: TestDatabase;

beforeAll(async () => {
  database = await createSchemaDatabase();
});
afterAll(async () => {
  await database.drop();
});

const isVocabulary = (value: unknown): value is Vocabulary =>
  typeof value === 'object' && value !== null && 'labels' in value && 'pgType' in value;

describe.each(DOMAINS)('$schema', ({ schema, tables, vocabularies }) => {
  test('has a vocabulary for each enum type, with its labels in order', async () => {
    const types = await database.sql<{ name: string; labels: string[] }[]>`
      select ${schema} || '.' || t.typname as name, array_agg(e.enumlabel::text order by e.enumsortorder) as labels
      from pg_enum e join pg_type t on t.oid = e.enumtypid
      where t.typnamespace = ${schema}::regnamespace group by t.typname`;
    const declared = Object.values(vocabularies).filter(isVocabulary);
    expect(Object.fromEntries(declared.map(({ pgType, labels }) => [pgType, labels]))).toEqual(
      Object.fromEntries(types.map(({ name, labels }) => [name, labels])),
    );
  });

  const defined = Object.values(tables).filter((value): value is Table => value instanceof Table);

  test.skipIf(defined.length === 0)('has a definition for each table', async () => {
    const existing = await database.sql<{ name: string }[]>`
      select ${schema} || '.' || relname as name from pg_class
      where relnamespace = ${schema}::regnamespace and relkind in ('r', 'p') and not relispartition`;
    expect(defined.map(({ label }) => label).sort()).toEqual(existing.map(({ name }) => name).sort());
  });

  test.each(defined.map((table) => ({ name: table.label, table })))(
    '$name has the columns, types and key of the database',
    async ({ table }) => {
      const [columns, key] = [await databaseColumns(table.label), await databaseKey(table.label)];
      expect(Object.keys(table.columns).map(toSnakeCase).sort()).toEqual(
        columns.map(({ name }) => name).sort(),
      );
      expect([...table.key].map(toSnakeCase).sort()).toEqual(key);

      const facts = Object.entries(table.columns).map(([name, column]) => ({
        name: toSnakeCase(name),
        ...column.facts,
      }));
      for (const { name, type, nullable, filled, generated } of columns) {
        const fact = facts.find((candidate) => candidate.name === name);
        expect({ name, type: fact?.pgType, nullable: fact?.nullable }).toEqual({ name, type, nullable });
        if (generated) expect({ name, create: fact?.create }).toEqual({ name, create: 'never' });
        // What a new row may leave out, the server must fill or hold as null; triggers fill managed columns.
        if (fact?.create === 'optional' && !nullable && !TRIGGER_FILLED.has(`${table.label}.${name}`))
          expect({ name, filled }).toEqual({ name, filled: true });
      }
    },
  );

  test.each(defined.map((table) => ({ name: table.label, table })))(
    '$name can be read as defined',
    async ({ table }) => {
      await expect(
        database.sql.unsafe(`select ${table.select('r').text} from ${table.name.text} r`),
      ).resolves.toBeDefined();
    },
  );
});

/** Without a default, but filled by a trigger when left out. */
const TRIGGER_FILLED = new Set(['verification.requests.deadline_at']);

async function databaseColumns(table: string): Promise<readonly DatabaseColumn[]> {
  return database.sql<DatabaseColumn[]>`
    select a.attname::text as name,
           case when t.typelem <> 0 and t.typcategory = 'A'
                then coalesce(nullif(n2.nspname, 'pg_catalog') || '.', '') || e.typname || '[]'
                else coalesce(nullif(n.nspname, 'pg_catalog') || '.', '') || t.typname end as type,
           not a.attnotnull as nullable,
           a.atthasdef or a.attidentity <> '' as filled,
           a.attgenerated <> '' or a.attidentity = 'a' as generated
    from pg_attribute a
      join pg_type t on t.oid = a.atttypid join pg_namespace n on n.oid = t.typnamespace
      left join pg_type e on e.oid = t.typelem and t.typcategory = 'A' left join pg_namespace n2 on n2.oid = e.typnamespace
    where a.attrelid = ${table}::regclass and a.attnum > 0 and not a.attisdropped`;
}

async function databaseKey(table: string): Promise<readonly string[]> {
  const columns = await database.sql<{ name: string }[]>`
    select a.attname::text as name from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = ${table}::regclass and i.indisprimary order by 1`;
  return columns.map(({ name }) => name);
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
