import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maintainResultSchema } from '../../src/lib/maintain/index.js';
import { runCli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let foreign: TestDatabase;

beforeAll(async () => {
  [database, foreign] = [await createDatabase(), await createDatabase()];
  await runCli(['migrate'], { env: database.env });
});
afterAll(async () => {
  await database.drop();
  await foreign.drop();
});

const run = (...args: string[]) => runCli(args, { env: database.env });
const dropNewest = async () => {
  const [row] = await database.sql<{ name: string }[]>`
    select partition as name from bk.partitions('verification.audit_log') where not is_default
     order by lower_bound desc limit 1`;
  await database.sql.unsafe(`drop table ${row?.name ?? ''}`);
  return row?.name ?? '';
};

describe('bk-db maintain', () => {
  it('has nothing to do after migrate', async () => {
    const { status, stdout, stderr } = await run('maintain');
    expect(stdout).toMatch(/^nothing to do; 3 tables are ready until \d{4}-\d\d-01 \(\d+ ms\)\n$/);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('says what it would do, then does it', async () => {
    const name = await dropNewest();
    const planned = await run('maintain', '--dry-run');
    expect(planned.stdout).toContain(`would create  ${name}`);
    expect(planned.stdout).toMatch(/^would create 1 partition, drop 0; 3 tables are ready until/m);

    const done = await run('maintain', '--json');
    expect(done.json).toMatchObject({ ok: true, command: 'maintain', warnings: [] });
    const data = maintainResultSchema.parse(done.json.data);
    expect(data.tables.flatMap(({ created }) => created)).toMatchObject([{ partition: name, rowsMoved: 0 }]);
  });

  it('prints nothing with --quiet', async () => {
    await dropNewest();
    expect(await run('maintain', '--quiet')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('warns of a policy without a table', async () => {
    await database.sql`insert into bk.partition_policies (parent) values ('shop.orders')`;
    const { status, json } = await run('maintain', '--json');
    await database.sql`delete from bk.partition_policies where parent = 'shop.orders'`;
    expect(status).toBe(0);
    expect(json.warnings).toEqual(['table shop.orders has a partition policy but does not exist']);
  });

  it('ends with 23 when a table stays in use', async () => {
    await dropNewest();
    const result = await database.sql.begin(async (reader) => {
      await reader`select from verification.audit_log`;
      return run('maintain', '--lock-timeout', '50ms');
    });
    expect(result.status).toBe(23);
    expect(result.stderr).toMatch(/waited 50 ms in vain for: lock table only verification\.audit_log/);
  });

  it('sends the user of a foreign database to migrate', async () => {
    const { status, json } = await runCli(['maintain', '--json'], { env: foreign.env });
    expect(status).toBe(15);
    expect(json.error).toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('`bk-db migrate`') as string,
    });
  });
});

describe('bk-db migrate', () => {
  it('creates the partitions ahead even with nothing to apply, and says so', async () => {
    await run('maintain');
    const name = await dropNewest();
    const { status, stdout, stderr } = await run('migrate');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^up to date at /);
    expect(stderr).toContain(`created partition ${name}`);
  });

  it('does not in a dry run', async () => {
    await dropNewest();
    expect(await run('migrate', '--dry-run')).toMatchObject({ status: 0 });
    expect((await run('maintain', '--dry-run')).stdout).toContain('would create 1 partition');
  });
});
