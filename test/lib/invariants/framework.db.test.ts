import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../../src/lib/core/database.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';
import { refused } from './refused.js';
import { activateConfig, insertConfig, insertRequest, key, saveState } from './rows.js';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createSchemaDatabase();
  ({ sql } = database);
});
afterAll(async () => {
  await database.drop();
});

const environment = () => key('env');

describe('F1: configurations', () => {
  const retire = (id: string) =>
    sql`update framework.configs set status = 'retired', retired_at = now() where id = ${id}`;

  it('one is active for each framework and environment', async () => {
    const [here, there] = [environment(), environment()];
    const [first, second] = [await insertConfig(sql, here), await insertConfig(sql, here)];
    await activateConfig(sql, first);
    await refused(activateConfig(sql, second), '23505', 'configs_one_active_key');
    await activateConfig(sql, await insertConfig(sql, there));
    await retire(first);
    await activateConfig(sql, second);
  });

  it.each([null, false])('one whose verdict is %s is never active', async (valid) => {
    await refused(
      activateConfig(sql, await insertConfig(sql, environment(), valid)),
      '23514',
      'configs_active_is_valid',
    );
  });

  it('goes from draft to active to retired, and nowhere else', async () => {
    const id = await insertConfig(sql, environment());
    await refused(retire(id), 'ZB001', 'b_transition');
    await activateConfig(sql, id);
    await refused(
      sql`update framework.configs set status = 'draft', activated_at = null where id = ${id}`,
      'ZB001',
      'b_transition',
    );
    await retire(id);
    await refused(
      sql`update framework.configs set status = 'active', retired_at = null where id = ${id}`,
      'ZB001',
      'b_transition',
    );
    await refused(
      sql`
        insert into framework.configs (framework, environment, revision, framework_version, data, status, activated_at, is_valid)
        values ('meta', 'default', 99, '1', '{}', 'active', now(), true)`,
      'ZB001',
      'b_initial',
    );
  });

  it('its data is free while a draft, and fixed afterwards', async () => {
    const id = await insertConfig(sql, environment());
    const set = (assignment: string) =>
      sql.unsafe(`update framework.configs set ${assignment} where id = '${id}'`);
    await set(`data = '{"a": 2}'`);
    expect(
      await sql`select data_sha256 = bk.text_sha256(data::text) as matches from framework.configs where id = ${id}`,
    ).toEqual([{ matches: true }]);
    await activateConfig(sql, id);
    for (const change of [
      `data = '{"a": 3}'`,
      `framework_version = '2'`,
      `revision = 77`,
      `environment = 'other'`,
      `framework = 'meta'`,
      `activated_at = now() - interval '1 day'`,
    ])
      await refused(set(change), 'ZB005', 'c_freeze');
    await set(`comment = 'good'`);
  });

  it('history is not deleted, a draft may be', async () => {
    const [draft, active] = [await insertConfig(sql, environment()), await insertConfig(sql, environment())];
    await sql`delete from framework.configs where id = ${draft}`;
    await activateConfig(sql, active);
    await refused(sql`delete from framework.configs where id = ${active}`, 'ZB002', 'c_no_delete');
    await refused(sql`truncate framework.configs cascade`, 'ZB002', 'a_no_truncate');
  });
});

describe('F2: states', () => {
  const version = (stateKey: string, number: number) => sql`
    insert into framework.states (framework, state_key, version, kind, value)
    values ('empirical', ${stateKey}, ${number}, 'model', '{}')`;
  const head = (stateKey: string, number: number) => sql`
    update framework.state_heads set current_version = ${number} where state_key = ${stateKey}`;

  it('versions rise one by one with their head', async () => {
    const stateKey = key('state');
    expect([await saveState(sql, stateKey), await saveState(sql, stateKey)]).toEqual([1, 2]);
    await refused(version(stateKey, 3), '23514', 'states_version_is_head');
    await refused(version(stateKey, 2), '23505', 'states_pkey');
    await refused(head(stateKey, 4), '23514', 'a_next');
    await refused(head(stateKey, 1), '23514', 'a_next');
  });

  it('the first is 1', async () => {
    await refused(
      sql`insert into framework.state_heads (framework, state_key, current_version) values ('meta', 'x', 2)`,
      '23514',
      'a_first',
    );
    await refused(version(key('state'), 1), '23514', 'states_version_is_head');
  });

  it('a head without its version is refused at the commit', async () => {
    const stateKey = key('state');
    await saveState(sql, stateKey);
    await refused(head(stateKey, 2), '23503', 'state_heads_current_version_fkey');
    await refused(
      sql`delete from framework.states where state_key = ${stateKey}`,
      '23503',
      'state_heads_current_version_fkey',
    );
  });

  it('a version never changes', async () => {
    const stateKey = key('state');
    await saveState(sql, stateKey);
    await refused(
      sql`update framework.states set value = '{"b": 1}' where state_key = ${stateKey}`,
      'ZB002',
      'a_immutable',
    );
    await refused(sql`truncate framework.states cascade`, 'ZB002', 'a_no_truncate');
  });

  it('holds a value or a place, and a place has its checksum', async () => {
    const stateKey = key('state');
    const insert = (columns: string, values: string) =>
      sql.begin(async (transaction) => {
        await transaction`
          insert into framework.state_heads (framework, state_key, current_version) values ('empirical', ${stateKey}, 1)`;
        await transaction.unsafe(
          `insert into framework.states (framework, state_key, version, kind${columns})
           values ('empirical', '${stateKey}', 1, 'model'${values})`,
        );
      });
    await refused(insert('', ''), '23514', 'states_value_or_uri');
    await refused(insert(', value, uri', `, '{}', 's3://x'`), '23514');
    await refused(insert(', uri', `, 's3://x'`), '23514', 'states_uri_has_checksum');
    await insert(', uri, checksum_sha256', `, 's3://x', sha256('x')`);
  });
});

describe('F3: a checkpoint can always be restored', () => {
  it('its versions cannot be cleaned away, others can', async () => {
    const stateKey = key('state');
    while ((await saveState(sql, stateKey)) < 3);
    const [checkpoint] = await sql<{ id: string }[]>`
      insert into framework.checkpoints (framework, label) values ('empirical', ${key('best')}) returning id`;
    const id = checkpoint?.id ?? '';
    const enter = (number: number) => sql`
      insert into framework.checkpoint_entries (checkpoint_id, framework, state_key, version)
      values (${id}, 'empirical', ${stateKey}, ${number})`;
    await refused(enter(9), '23503', 'checkpoint_entries_state_fkey');
    await enter(2);
    const remove = (number: number) =>
      sql`delete from framework.states where state_key = ${stateKey} and version = ${number}`;
    await remove(1);
    await refused(remove(2), '23503', 'checkpoint_entries_state_fkey');

    const entries = sql`delete from framework.checkpoint_entries where checkpoint_id = ${id}`;
    await refused(entries, 'ZB002', 'a_no_delete');
    await refused(
      sql`update framework.checkpoint_entries set version = 3 where checkpoint_id = ${id}`,
      'ZB002',
      'a_immutable',
    );
    await sql`delete from framework.checkpoints where id = ${id}`;
    await remove(2);
  });

  it('holds states of its own framework only', async () => {
    const stateKey = key('state');
    await saveState(sql, stateKey);
    const [checkpoint] = await sql<{ id: string }[]>`
      insert into framework.checkpoints (framework, label) values ('utility', ${key('best')}) returning id`;
    await refused(
      sql`
        insert into framework.checkpoint_entries (checkpoint_id, framework, state_key, version)
        values (${checkpoint?.id ?? ''}, 'empirical', ${stateKey}, 1)`,
      '23503',
      'checkpoint_entries_checkpoint_fkey',
    );
  });
});

describe('F4: executions', () => {
  const enqueue = async (configId: string | null = null, requestId: string | null = null) => {
    const [row] = await sql<{ id: string }[]>`
      insert into framework.executions (execution_key, framework, framework_version, config_id, request_id)
      values (${key('run')}, 'empirical', '1', ${configId}, ${requestId}) returning id`;
    return row?.id ?? '';
  };
  const set = (id: string, assignments: string) =>
    sql.unsafe(`update framework.executions set ${assignments} where id = '${id}'`);
  const started = async () => {
    const id = await enqueue();
    await set(id, `status = 'running', started_at = now()`);
    return id;
  };

  it('its configuration stays, its request may go', async () => {
    const config = await insertConfig(sql, environment());
    const request = await insertRequest(sql);
    const id = await enqueue(config, request);
    await refused(
      sql`delete from framework.configs where id = ${config}`,
      '23503',
      'executions_config_id_fkey',
    );
    await sql`delete from verification.requests where id = ${request}`;
    expect(await sql`select request_id from framework.executions where id = ${id}`).toEqual([
      { request_id: null },
    ]);
  });

  it.each([
    [`status = 'failed', finished_at = now()`, 'executions_failed_shape'],
    [`error_type = 'Timeout'`, 'executions_failed_shape'],
    [`status = 'completed', finished_at = now()`, 'executions_completed_shape'],
    [`status = 'completed', output = '{}'`, 'executions_finished_shape'],
    [`status = 'timeout', finished_at = now() - interval '1 day'`, 'executions_finished_later'],
    [`cpu_percent = 'NaN'`, 'executions_usage_range'],
  ])('a running one is refused %s', async (assignments, constraint) => {
    await refused(set(await started(), assignments), '23514', constraint);
  });

  it.each([
    `status = 'failed', finished_at = now(), error_type = 'Timeout'`,
    `status = 'completed', finished_at = now(), output = '{}'`,
    `status = 'cancelled', finished_at = now()`,
    `status = 'queued', started_at = null`,
  ])('a running one may be %s', async (assignments) => {
    await set(await started(), assignments);
  });

  it('a final one stays final, and is retried once', async () => {
    const id = await started();
    await set(id, `status = 'failed', finished_at = now(), error_type = 'Timeout'`);
    await refused(
      set(id, `status = 'queued', finished_at = null, error_type = null`),
      'ZB001',
      'b_transition',
    );
    const retry = () => sql`
      insert into framework.executions (execution_key, framework, framework_version, retry_of_id, attempt)
      values (${key('run')}, 'empirical', '1', ${id}, 2)`;
    await retry();
    await refused(retry(), '23505', 'executions_retry_of_id_key');
    await refused(
      sql`
        insert into framework.executions (execution_key, framework, framework_version, status, started_at)
        values (${key('run')}, 'empirical', '1', 'running', now())`,
      'ZB001',
      'b_initial',
    );
  });
});
