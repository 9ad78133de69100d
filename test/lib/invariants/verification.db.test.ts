import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../../src/lib/core/database.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';
import { refused } from './refused.js';
import { insertMetrics, insertRequest, insertResult, key, setRequestStatus } from './rows.js';

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

describe('V1: every request names a framework', () => {
  it('one without is refused at its commit', async () => {
    await refused(
      sql`insert into verification.requests (request_key, client_id, content) values ('bare', 'tests', 'x')`,
      'ZB010',
      'has_framework',
    );
  });

  it('the last one stays, another may go, and all go with their request', async () => {
    const id = await insertRequest(sql, ['empirical', 'meta']);
    await sql`delete from verification.request_frameworks where request_id = ${id} and framework = 'meta'`;
    await refused(
      sql`delete from verification.request_frameworks where request_id = ${id}`,
      'ZB010',
      'has_framework',
    );
    await sql`delete from verification.requests where id = ${id}`;
  });

  it('the list cannot be truncated away', async () => {
    await refused(sql`truncate verification.request_frameworks cascade`, 'ZB002', 'a_no_truncate');
  });
});

describe('V2: one result for each framework that was asked for', () => {
  it('a second one, and one nobody asked for, are refused', async () => {
    const id = await claimed(['empirical', 'utility']);
    await insertResult(sql, id);
    await insertResult(sql, id, 'utility');
    await refused(insertResult(sql, id), '23505', 'results_request_id_framework_key');
    await refused(insertResult(sql, id, 'evolution'), '23503', 'results_request_id_framework_fkey');
  });
});

describe('V3: results only while in progress, and nothing moves afterwards', () => {
  it('a pending request takes no result, a final one neither', async () => {
    const id = await insertRequest(sql);
    await refused(insertResult(sql, id), 'ZB011', 'a_guard');
    await setRequestStatus(sql, id, 'in_progress');
    await setRequestStatus(sql, id, 'completed');
    await refused(insertResult(sql, id), 'ZB011', 'a_guard');
  });

  it('a result may be corrected meanwhile, but not moved, and never afterwards', async () => {
    const id = await claimed(['empirical', 'utility']);
    await insertResult(sql, id);
    await sql`update verification.results set score = 0.5 where request_id = ${id}`;
    await refused(
      sql`update verification.results set framework = 'utility' where request_id = ${id}`,
      'ZB005',
      'c_freeze',
    );
    await setRequestStatus(sql, id, 'completed');
    await refused(
      sql`update verification.results set score = 0.6 where request_id = ${id}`,
      'ZB011',
      'a_guard',
    );
  });

  it('a result goes with its request only', async () => {
    const id = await claimed();
    await insertResult(sql, id);
    await refused(sql`delete from verification.results where request_id = ${id}`, 'ZB002', 'a_no_delete');
    await refused(sql`truncate verification.results`, 'ZB002', 'a_no_truncate');
    await sql`delete from verification.requests where id = ${id}`;
    expect(await sql`select from verification.results where request_id = ${id}`).toHaveLength(0);
  });

  it('the frameworks of a claimed request are fixed, those of a pending one are not', async () => {
    const id = await insertRequest(sql, ['empirical', 'utility']);
    const add = () =>
      sql`insert into verification.request_frameworks (request_id, framework) values (${id}, 'meta')`;
    const weigh = () =>
      sql`update verification.request_frameworks set weight = weight + 1 where request_id = ${id}`;
    const remove = () =>
      sql`delete from verification.request_frameworks where request_id = ${id} and framework = 'meta'`;
    for (const change of [add, weigh, remove]) await change();
    await refused(
      sql`update verification.request_frameworks set framework = 'meta' where request_id = ${id} and framework = 'utility'`,
      'ZB005',
      'c_freeze',
    );
    await setRequestStatus(sql, id, 'in_progress');
    await refused(add(), 'ZB011', 'a_guard');
    await refused(weigh(), 'ZB011', 'a_guard');
    await refused(
      sql`delete from verification.request_frameworks where request_id = ${id} and framework = 'utility'`,
      'ZB011',
      'a_guard_delete',
    );
  });
});

describe('V4: one worker at a time', () => {
  it.each([
    ['status without a lease', `status = 'in_progress'`],
    [
      'lease without the status',
      `claim_token = gen_random_uuid(), claimed_by = 'w', claim_expires_at = now()`,
    ],
    [
      'lease without an owner',
      `status = 'in_progress', claim_token = gen_random_uuid(), claim_expires_at = now()`,
    ],
    ['lease without an end', `status = 'in_progress', claim_token = gen_random_uuid(), claimed_by = 'w'`],
  ])('%s is refused', async (_, assignments) => {
    const id = await insertRequest(sql);
    await refused(
      sql.unsafe(`update verification.requests set ${assignments} where id = '${id}'`),
      '23514',
      'requests_claim_shape',
    );
  });

  it('a worker whose lease was given to another finishes nothing', async () => {
    const id = await claimed();
    const [late] = await sql`select claim_token as token from verification.requests where id = ${id}`;
    await setRequestStatus(sql, id, 'pending');
    await setRequestStatus(sql, id, 'in_progress');
    const [current] = await sql`select claim_token as token from verification.requests where id = ${id}`;
    const finish = async (token: string) =>
      sql.begin(async (transaction) => {
        await insertMetrics(transaction, id);
        const { count } = await transaction`
          update verification.requests
          set status = 'completed', finished_at = now(), claim_token = null, claimed_by = null, claim_expires_at = null
          where id = ${id} and claim_token = ${token}`;
        return count;
      });
    expect(await finish(late?.['token'] as string)).toBe(0);
    expect(await finish(current?.['token'] as string)).toBe(1);
  });
});

describe('a completed request has metrics', () => {
  const complete = (id: string) => sql`
    update verification.requests
    set status = 'completed', finished_at = now(), claim_token = null, claimed_by = null, claim_expires_at = null
    where id = ${id}`;

  it('one without is refused at its commit', async () => {
    const id = await claimed();
    await refused(complete(id), 'ZB013', 'has_metrics');
  });

  it('they stay, are not moved, and go with their request', async () => {
    const [id, other] = [await claimed(), await claimed()];
    await setRequestStatus(sql, id, 'completed');
    await refused(
      sql`delete from verification.request_metrics where request_id = ${id}`,
      'ZB013',
      'has_metrics',
    );
    await refused(
      sql`update verification.request_metrics set request_id = ${other} where request_id = ${id}`,
      'ZB005',
      'c_freeze',
    );
    await refused(sql`truncate verification.request_metrics`, 'ZB002', 'a_no_truncate');
    await sql`delete from verification.requests where id = ${id}`;
    expect(await sql`select from verification.request_metrics where request_id = ${id}`).toHaveLength(0);
  });
});

describe('V5: the lifecycle', () => {
  const STATUSES = ['pending', 'in_progress', 'completed', 'failed', 'timeout', 'cancelled'];
  const LEGAL: Readonly<Record<string, readonly string[]>> = {
    pending: ['in_progress', 'timeout', 'cancelled', 'failed'],
    in_progress: ['completed', 'failed', 'timeout', 'cancelled', 'pending'],
  };
  const edges = STATUSES.flatMap((from) => STATUSES.filter((to) => to !== from).map((to) => ({ from, to })));

  it.each(edges)('$from -> $to', async ({ from, to }) => {
    const id = await insertRequest(sql);
    if (from !== 'pending') await setRequestStatus(sql, id, 'in_progress');
    if (from !== 'pending' && from !== 'in_progress') await setRequestStatus(sql, id, from);
    const move = setRequestStatus(sql, id, to);
    if (LEGAL[from]?.includes(to) === true) await expect(move).resolves.toMatchObject({ count: 1 });
    else await refused(move, 'ZB001', 'b_transition');
  });

  it('a request starts as pending', async () => {
    await refused(
      sql`
        insert into verification.requests (request_key, client_id, content, status, finished_at)
        values (${key('req')}, 'tests', 'x', 'completed', now())`,
      'ZB001',
      'b_initial',
    );
  });

  it('is final exactly when it has finished, and says why it failed', async () => {
    const id = await insertRequest(sql);
    const set = (assignments: string) =>
      sql.unsafe(`update verification.requests set ${assignments} where id = '${id}'`);
    await refused(set(`status = 'cancelled'`), '23514', 'requests_finished_shape');
    await refused(set(`finished_at = now()`), '23514', 'requests_finished_shape');
    await refused(set(`status = 'failed', finished_at = now()`), '23514', 'requests_failure_reason_present');
  });

  it('keeps identity and content; content can only be redacted', async () => {
    const id = await insertRequest(sql);
    const set = (assignments: string) =>
      sql.unsafe(`update verification.requests set ${assignments} where id = '${id}'`);
    for (const change of [
      `id = gen_random_uuid()`,
      `request_key = 'other'`,
      `client_id = 'other'`,
      `content = 'other'`,
      `content_sha256 = sha256('x')`,
      `created_at = now() - interval '1 day'`,
    ])
      await refused(set(change), 'ZB005', 'c_freeze');
    await refused(set('content = null'), '23514', 'requests_content_present');
    await set('content = null, redacted_at = now()');
    await refused(set(`content = 'back', redacted_at = null`), 'ZB005', 'c_freeze');
  });
});
