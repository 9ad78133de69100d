import type { TransactionSql } from '../../core/database.js';
import type { Fixtures } from '../fixtures.js';
import { DAY_MS, HOUR_MS } from '../timeline.js';
import type { TableCounts } from '../types.js';
import { FRAMEWORKS, type Framework } from '../vocabulary.js';

/** Share of each framework in the reward; meta judges the others and has none. */
const REWARD_WEIGHTS: Readonly<Record<Framework, number>> = {
  empirical: 0.25,
  contextual: 0.15,
  consistency: 0.2,
  power_dynamics: 0.15,
  utility: 0.15,
  evolution: 0.1,
  meta: 0,
};

/** A revision of a framework's configuration in the environment `default`. */
export function configRow(fixtures: Fixtures, framework: Framework, revision: number) {
  const createdAt = fixtures.timeline.before((91 - 45 * (revision - 1)) * DAY_MS);
  return {
    id: fixtures.random('framework.configs', `${framework}/${revision}`).uuid(createdAt),
    framework,
    environment: 'default',
    revision,
    framework_version: `${revision}.0.0`,
    data: {
      enabled: true,
      timeout_seconds: 300,
      max_retries: 3,
      reward_weight: REWARD_WEIGHTS[framework],
      ...(revision > 1 ? { batch_size: 32 } : {}),
    },
    is_valid: true,
    validated_at: fixtures.timeline.after(createdAt, HOUR_MS),
    comment: revision === 1 ? 'initial configuration' : 'batched evaluation',
    created_by: 'bk-db seed',
    activated_at: fixtures.timeline.after(createdAt, 2 * HOUR_MS),
    created_at: createdAt,
  };
}

/** The configurations every installation starts from, one row for each framework and revision. */
export function configRows(fixtures: Fixtures, revisions: number) {
  return Array.from({ length: revisions }, (_, index) => index + 1).flatMap((revision) =>
    FRAMEWORKS.map((framework) => configRow(fixtures, framework, revision)),
  );
}

/**
 * Inserts the configurations that are missing and activates them, each revision retiring the one before it.
 * A framework whose active configuration is another one keeps it: the new revision stays a draft.
 */
export async function seedConfigs(
  sql: TransactionSql,
  rows: readonly ReturnType<typeof configRow>[],
): Promise<TableCounts> {
  const inserted = await sql`
    insert into framework.configs
      (id, framework, environment, revision, framework_version, data, is_valid, validated_at, comment, created_by, created_at)
    select n.id, n.framework, n.environment, n.revision, n.framework_version, n.data, n.is_valid, n.validated_at,
           n.comment, n.created_by, n.created_at
      from pg_catalog.jsonb_populate_recordset(null::framework.configs, ${sql.json(rows)}) n
        on conflict do nothing
    returning id`;
  const ids = new Set(inserted.map((row) => String(row['id'])));
  for (const row of rows) {
    if (ids.has(row.id)) await activate(sql, row);
  }
  return { table: 'framework.configs', inserted: ids.size, unchanged: rows.length - ids.size };
}

async function activate(sql: TransactionSql, row: ReturnType<typeof configRow>): Promise<void> {
  await sql`
    update framework.configs
       set status = 'retired', retired_at = ${row.activated_at}
     where framework = ${row.framework} and environment = ${row.environment} and status = 'active'
       and revision = ${row.revision - 1}`;
  await sql`
    update framework.configs c
       set status = 'active', activated_at = ${row.activated_at}
     where c.id = ${row.id}
       and not exists (select from framework.configs o
                        where o.framework = c.framework and o.environment = c.environment and o.status = 'active')`;
}
