import type { Sql } from '../../../../src/lib/core/database.js';
import { BaseRepository } from '../../../../src/lib/repositories/base/base-repository.js';
import {
  bigint,
  float8,
  integer,
  jsonObject,
  numeric,
  text,
  textArray,
  timestamptz,
  uuid,
} from '../../../../src/lib/repositories/base/column.js';
import type { QueryHooks } from '../../../../src/lib/repositories/base/monitor.js';
import { toMany, toOne } from '../../../../src/lib/repositories/base/relations.js';
import { defineTable } from '../../../../src/lib/repositories/base/table.js';

/** A table with one column of each kind that has a trap. */
export const things = defineTable('scratch.things', {
  id: uuid().withDefault().fixed(),
  thingKey: text().fixed().sortable(),
  size: integer().withDefault().sortable(),
  score: float8().nullable().sortable(),
  amount: numeric().withDefault(),
  tags: textArray().withDefault(),
  data: jsonObject().withDefault(),
  parentId: uuid().nullable(),
  rowVersion: bigint().managed(),
  madeAt: timestamptz().withDefault().sortable(),
});

const parts = defineTable('scratch.parts', {
  id: uuid().withDefault(),
  thingId: uuid(),
  name: text().sortable(),
});

const relations = {
  parts: toMany(parts, { to: 'thingId', order: [['name', 'asc']] }),
  firstParts: toMany(parts, { to: 'thingId', order: [['name', 'asc']], limit: 2 }),
  parent: toOne(things, { from: 'parentId', to: 'id' }),
};

export class ThingRepository extends BaseRepository<typeof things, typeof relations> {
  constructor(db: Sql, hooks?: QueryHooks) {
    super(db, things, { relations, hooks });
  }

  /** Adds parts named a, b, c ... to a thing. */
  async addParts(thingId: string, names: readonly string[]): Promise<void> {
    await new BaseRepository(this.executor.db, parts).createMany(names.map((name) => ({ thingId, name })));
  }
}

/** Makes the tables, from scratch when they exist. */
export async function createScratchTables(sql: Sql): Promise<void> {
  await sql.unsafe(`
    set client_min_messages = warning;
    drop schema if exists scratch cascade;
    create schema scratch;
    create table scratch.things (
      id uuid primary key default gen_random_uuid(),
      thing_key text not null unique,
      size integer not null default 7,
      score float8,
      amount numeric not null default 1.50,
      tags text[] not null default '{}',
      data jsonb not null default '{}',
      parent_id uuid references scratch.things,
      row_version bigint not null default 1,
      made_at timestamptz not null default clock_timestamp(),
      constraint things_size_positive check (size > 0));
    create table scratch.parts (
      id uuid primary key default gen_random_uuid(),
      thing_id uuid not null references scratch.things on delete cascade,
      name text not null);
    create function scratch.next_version() returns trigger language plpgsql as
      $$ begin new.row_version := old.row_version + 1; return new; end $$;
    create trigger next_version before update on scratch.things
      for each row when (old.* is distinct from new.*) execute function scratch.next_version();`);
}
