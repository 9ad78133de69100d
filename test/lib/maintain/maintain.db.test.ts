import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPartitionsAhead, maintain, maintainResultSchema } from '../../../src/lib/maintain/index.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';

const TABLES = ['framework.metric_samples', 'power_dynamics.node_metrics', 'verification.audit_log'];

let database: TestDatabase;

beforeAll(async () => {
  database = await createSchemaDatabase();
});
afterAll(async () => {
  await database.drop();
});

/** As `months` back from this month, `2026_11`. */
const month = async (offset: number) => {
  const [row] = await database.sql<{ name: string }[]>`
    select to_char(date_trunc('month', now() at time zone 'UTC') + make_interval(months => ${offset}), 'YYYY_MM') as name`;
  return row?.name ?? '';
};
const partitions = async (table: string) =>
  (
    await database.sql<
      { partition: string }[]
    >`select partition from bk.partitions(${table}) where not is_default`
  ).map(({ partition }) => partition);
/** Creates the month that many months ago, as if it had been there all along. */
const addMonth = (table: string, offset: number) =>
  database.sql`select bk.ensure_partitions(${table}, t, t) from (values (now() + make_interval(months => ${offset}))) v (t)`;

describe('maintain', () => {
  afterEach(async () => {
    await maintain(database);
  });

  it('finds nothing to do right after migrate', async () => {
    const result = await maintain(database);
    expect(maintainResultSchema.parse(result)).toEqual(result);
    expect(result).toMatchObject({ database: database.name, dryRun: false, missing: [] });
    expect(result.tables.map(({ table }) => table)).toEqual(TABLES);
    expect(result.tables.flatMap(({ created, dropped }) => [...created, ...dropped])).toEqual([]);
  });

  it('creates the months ahead, from one UTC midnight to the next', async () => {
    const name = `verification.audit_log_${await month(3)}`;
    await database.sql`drop table ${database.sql(name)}`;
    const { tables } = await maintain(database);
    const audit = tables.find(({ table }) => table === 'verification.audit_log');
    expect(audit?.created).toMatchObject([{ partition: name, rowsMoved: 0 }]);
    expect(audit?.created[0]?.from).toMatch(/-01T00:00:00\.000Z$/);
    expect(audit?.created[0]?.to).toBe(audit?.readyUntil);
  });

  it('moves the rows of a month that nobody created out of the default partition', async () => {
    await database.sql`
      insert into framework.metric_samples (sampled_at, framework, metric, value)
      select now() - interval '2 months', 'empirical', 'late', n from generate_series(1, 5) n`;
    const { tables } = await maintain(database);
    expect(tables[0]?.created).toMatchObject([{ rowsMoved: 5 }]);
    const [inDefault] =
      await database.sql`select count(*)::int as rows from only framework.metric_samples_default`;
    expect(inDefault).toEqual({ rows: 0 });
  });

  it('drops what is older than its retention, and seals an append-only month', async () => {
    await addMonth('verification.audit_log', -26);
    await addMonth('verification.audit_log', -23);
    await addMonth('framework.metric_samples', -8);
    const [expired, kept] = [
      `verification.audit_log_${await month(-26)}`,
      `verification.audit_log_${await month(-23)}`,
    ];
    await database.sql`
      insert into verification.audit_log (event, occurred_at)
      select 'test.old', now() - interval '26 months' from generate_series(1, 3)`;

    const { tables } = await maintain(database);
    const dropped = tables.flatMap((table) => table.dropped.map(({ partition }) => partition));
    expect(dropped).toEqual([`framework.metric_samples_${await month(-8)}`, expired]);
    expect(await partitions('verification.audit_log')).toContain(kept);
    const seals = await database.sql`select partition, row_count::int as rows from bk.partition_seals`;
    expect(seals).toEqual([{ partition: expired, rows: 3 }]);
  });

  it('only says what it would do in a dry run', async () => {
    await addMonth('power_dynamics.node_metrics', -14);
    const gone = `power_dynamics.node_metrics_${await month(2)}`;
    await database.sql`drop table ${database.sql(gone)}`;
    const before = await partitions('power_dynamics.node_metrics');

    const planned = await maintain(database, { dryRun: true });
    expect(planned.dryRun).toBe(true);
    expect(planned.tables[1]).toMatchObject({
      created: [{ partition: gone }],
      dropped: [{ partition: before[0] }],
    });
    expect(await partitions('power_dynamics.node_metrics')).toEqual(before);

    const done = await maintain(database);
    expect(done.tables).toEqual(planned.tables);
  });

  it('gives up on a table in use, names it, and changes nothing', async () => {
    await addMonth('framework.metric_samples', -8);
    const before = await partitions('framework.metric_samples');
    await database.sql.begin(async (reader) => {
      await reader`select from framework.metric_samples`;
      await expect(maintain(database, { lockTimeoutMs: 50 })).rejects.toMatchObject({
        code: 'TIMEOUT',
        message: expect.stringContaining('drop table framework.metric_samples_') as string,
      });
    });
    expect(await partitions('framework.metric_samples')).toEqual(before);
  });

  it('lets two runs at once share the work', async () => {
    await database.sql`drop table ${database.sql(`verification.audit_log_${await month(1)}`)}`;
    const runs = await Promise.all([1, 2, 3].map(() => maintain(database)));
    expect(runs.flatMap(({ tables }) => tables.flatMap(({ created }) => created))).toHaveLength(1);
  });

  it('leaves out a policy whose table is not there, and says so', async () => {
    await database.sql`insert into bk.partition_policies (parent) values ('shop.orders')`;
    const { tables, missing } = await maintain(database);
    await database.sql`delete from bk.partition_policies where parent = 'shop.orders'`;
    expect(missing).toEqual(['shop.orders']);
    expect(tables.map(({ table }) => table)).toEqual(TABLES);
  });

  it('needs the owner of the tables', async () => {
    await database.sql`drop table ${database.sql(`verification.audit_log_${await month(3)}`)}`;
    const role = `${database.name}_reader`;
    await database.sql.unsafe(
      `create role ${role} login; grant usage on schema bk to ${role}; grant select on all tables in schema bk to ${role}`,
    );
    const options = `-c role=${role}`;
    await expect(maintain({ target: { ...database.target, options } })).rejects.toMatchObject({
      code: 'PERMISSION',
    });
    await database.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
  });
});

describe('createPartitionsAhead', () => {
  it('creates what is missing and drops nothing', async () => {
    await addMonth('framework.metric_samples', -8);
    const missing = `framework.metric_samples_${await month(3)}`;
    await database.sql`drop table ${database.sql(missing)}`;
    const notices: string[] = [];
    const created = await createPartitionsAhead({
      target: database.target,
      onNotice: (text) => notices.push(text),
    });
    expect(created).toEqual([missing]);
    expect(notices).toEqual([`created partition ${missing}`]);
    expect(await partitions('framework.metric_samples')).toContain(
      `framework.metric_samples_${await month(-8)}`,
    );
  });

  it('does not fail on a table in use', async () => {
    await database.sql`drop table ${database.sql(`verification.audit_log_${await month(3)}`)}`;
    const notices: string[] = [];
    await database.sql.begin(async (reader) => {
      await reader`select from verification.audit_log`;
      expect(
        await createPartitionsAhead({ target: database.target, onNotice: (text) => notices.push(text) }),
      ).toEqual([]);
    });
    expect(notices).toEqual([expect.stringMatching(/not created: waited 2\.0 s .* `bk-db maintain`/)]);
  });
});

describe('a foreign database', () => {
  it('has nothing to maintain', async () => {
    const foreign = await createDatabase();
    await expect(maintain(foreign)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('`bk-db migrate`') as string,
    });
    expect(await createPartitionsAhead(foreign)).toEqual([]);
    await foreign.drop();
  });
});
