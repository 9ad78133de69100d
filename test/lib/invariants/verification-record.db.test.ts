import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../../src/lib/core/database.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';
import { refused } from './refused.js';
import { insertRequest, setRequestStatus } from './rows.js';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createSchemaDatabase();
  ({ sql } = database);
});
afterAll(async () => {
  await database.drop();
});

const claimed = async (frameworks: string[] = ['empirical']) => {
  const id = await insertRequest(sql, frameworks);
  await setRequestStatus(sql, id, 'in_progress');
  return id;
};

describe('V6: a score exactly when judged', () => {
  it.each([
    ['passed without a score', `'passed', null, null`, 'results_outcome_shape'],
    ['skipped with a score', `'skipped', 0.5, null`, 'results_outcome_shape'],
    ['error with a score', `'error', 0.1, 'boom'`, 'results_outcome_shape'],
    ['error without its text', `'error', null, null`, 'results_outcome_shape'],
    ['a text without an error', `'passed', 0.5, 'boom'`, 'results_outcome_shape'],
    ['a score above 1', `'passed', 1.000001, null`, 'results_score_range'],
    ['a score below 0', `'failed', -0.000001, null`, 'results_score_range'],
    ['NaN', `'passed', 'NaN', null`, 'results_score_range'],
    ['infinity', `'passed', 'Infinity', null`, 'results_score_range'],
  ])('%s is refused', async (_, values, constraint) => {
    const id = await claimed();
    await refused(
      sql.unsafe(
        `insert into verification.results (request_id, framework, outcome, score, error, execution_time_ms)
           values ('${id}', 'empirical', ${values}, 1)`,
      ),
      '23514',
      constraint,
    );
  });

  it.each([`'passed', 1, null`, `'failed', 0, null`, `'error', null, 'boom'`, `'skipped', null, null`])(
    '%s is taken',
    async (values) => {
      const id = await claimed();
      await sql.unsafe(
        `insert into verification.results (request_id, framework, outcome, score, error, execution_time_ms)
         values ('${id}', 'empirical', ${values}, 1)`,
      );
    },
  );

  it.each([`0.2, null`, `null, 0.2`, `0.6, 0.4`, `-0.1, 0.4`, `0.5, 1.1`, `0.1, 'NaN'`])(
    'an interval of %s is refused',
    async (interval) => {
      const id = await claimed();
      await refused(
        sql.unsafe(
          `insert into verification.results
               (request_id, framework, outcome, score, execution_time_ms, confidence_low, confidence_high)
             values ('${id}', 'empirical', 'passed', 0.5, 1, ${interval})`,
        ),
        '23514',
        'results_confidence_interval',
      );
    },
  );
});

describe('V7: the risk level follows the score', () => {
  it.each([
    [null, 'critical'],
    [0, 'critical'],
    [0.299999, 'critical'],
    [0.3, 'high'],
    [0.499999, 'high'],
    [0.5, 'medium'],
    [0.7, 'low'],
    [1, 'low'],
  ])('%s is %s', async (score, risk) => {
    const id = await insertRequest(sql);
    const [row] = await sql`
      insert into verification.request_metrics
        (request_id, overall_score, frameworks_total, frameworks_passed, frameworks_failed, frameworks_errored,
         frameworks_skipped, total_execution_ms, wall_clock_ms)
      values (${id}, ${score}, 1, 1, 0, 0, 0, 1, 1) returning risk_level`;
    expect(row).toEqual({ risk_level: risk });
    await refused(
      sql`update verification.request_metrics set risk_level = 'low' where request_id = ${id}`,
      '428C9',
    );
  });
});

describe('V8: the audit trail', () => {
  it('has a row for each change of status, whoever makes it, by the actor that was set', async () => {
    const id = await sql.begin(async (transaction) => {
      await transaction`select set_config('bk.actor', 'alice', true)`;
      return insertRequest(transaction);
    });
    await setRequestStatus(sql, id, 'in_progress');
    await setRequestStatus(sql, id, 'failed');
    await sql`update verification.requests set content = null, redacted_at = now() where id = ${id}`;
    const [{ user } = { user: '' }] = await sql<{ user: string }[]>`select session_user::text as user`;
    const trail = await sql`
      select event, severity::text, actor from verification.audit_log where request_id = ${id} order by audit_id`;
    expect(trail).toEqual([
      { event: 'request.created', severity: 'info', actor: 'alice' },
      { event: 'request.in_progress', severity: 'info', actor: user },
      { event: 'request.failed', severity: 'error', actor: user },
      { event: 'content.redacted', severity: 'info', actor: user },
    ]);
    await sql`delete from verification.requests where id = ${id}`;
    expect(await sql`select from verification.audit_log where request_id = ${id}`).toHaveLength(4);
  });

  it('cannot be changed, deleted or truncated, through the table, a partition or the default one', async () => {
    const id = await insertRequest(sql);
    await sql`insert into verification.audit_log (event, occurred_at) values ('test.early', '1999-01-01Z')`;
    const [{ partition } = { partition: '' }] = await sql<{ partition: string }[]>`
      select tableoid::regclass::text as partition from verification.audit_log where request_id = ${id}`;
    for (const table of ['verification.audit_log', partition, 'verification.audit_log_default']) {
      await refused(sql`update ${sql(table)} set data = '{}'`, 'ZB002', 'a_append_only');
      await refused(sql`delete from ${sql(table)}`, 'ZB002', 'a_append_only');
      await refused(sql`truncate ${sql(table)}`, 'ZB002', 'a_no_truncate');
    }
  });

  it('what a dropped month held is on record for ever', async () => {
    await sql`
      insert into verification.audit_log (event, occurred_at) select 'test.old', '2001-02-03Z' from generate_series(1, 3)`;
    await sql`select bk.ensure_partitions('verification.audit_log', '2001-02-03Z', '2001-02-03Z')`;
    await sql`select bk.drop_partitions_before('verification.audit_log', '2001-03-01Z')`;
    expect(await sql`select partition, row_count::int from bk.partition_seals`).toEqual([
      { partition: 'verification.audit_log_2001_02', row_count: 3 },
    ]);
    await refused(sql`update bk.partition_seals set row_count = 0`, 'ZB002', 'a_append_only');
    await refused(sql`delete from bk.partition_seals`, 'ZB002', 'a_append_only');
    await refused(sql`truncate bk.partition_seals`, 'ZB002', 'a_no_truncate');
  });

  it('takes rows of other events, and keeps the form of their names', async () => {
    const insert = (event: string) =>
      sql`insert into verification.audit_log (event, request_id) values (${event}, ${randomUUID()})`;
    await insert('config.activated');
    await refused(insert('Something happened'), '23514', 'audit_log_event_format');
  });
});
