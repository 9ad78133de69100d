import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../../src/lib/core/database.js';
import { Secret } from '../../../src/lib/core/secret.js';
import { seed, seedResultSchema, DOMAINS } from '../../../src/lib/seed/index.js';
import { jsonbText } from '../../../src/lib/seed/jsonb-text.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';

const databases: TestDatabase[] = [];
async function freshDatabase(): Promise<TestDatabase> {
  const database = await createSchemaDatabase();
  databases.push(database);
  return database;
}

afterAll(async () => {
  for (const database of databases) await database.drop();
});

/** A digest of every table of the domains. Configurations are stamped with the present: their updated_at is left out. */
async function contentOf(sql: Sql): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ${sql([...DOMAINS])} and c.relkind in ('r', 'p') and not c.relispartition`;
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await sql<{ digest: string }[]>`
      select count(*) || ' ' || coalesce(md5(string_agg(line, '|' order by line collate "C")), '') as digest
        from (select (to_jsonb(t) - ${name === 'framework.configs' ? 'updated_at' : ''}::text)::text as line
                from ${sql(name)} t) lines`;
    digests[name] = row?.digest ?? '';
  }
  return digests;
}

async function disabledTriggers(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from pg_trigger t join pg_class c on c.oid = t.tgrelid
      join pg_namespace n on n.oid = c.relnamespace
     where t.tgenabled <> 'O' and n.nspname in ${sql([...DOMAINS])}`;
  return row?.count ?? -1;
}

describe('seed', () => {
  let database: TestDatabase;
  let first: Awaited<ReturnType<typeof seed>>;

  beforeAll(async () => {
    database = await freshDatabase();
    first = await seed(database);
  });

  it('fills all tables but the rollups, and says how far', async () => {
    expect(seedResultSchema.parse(first)).toEqual(first);
    expect(first.total.unchanged).toBe(0);
    const content = await contentOf(database.sql);
    for (const { table, inserted } of first.tables)
      expect(content[table]).toMatch(new RegExp(`^${inserted} `));
    const empty = Object.entries(content).filter(([, digest]) => digest.startsWith('0 '));
    expect(empty.map(([table]) => table)).toEqual(['verification.metric_rollups']);
  });

  it('keeps every invariant and leaves every trigger on', async () => {
    expect(first.checks.length).toBeGreaterThan(15);
    expect(first.checks.filter(({ violations }) => violations > 0)).toEqual([]);
    expect(await disabledTriggers(database.sql)).toBe(0);
  });

  it('changes nothing the second time', async () => {
    const before = await contentOf(database.sql);
    const second = await seed(database);
    expect(second.total).toEqual({ inserted: 0, unchanged: first.total.inserted });
    expect(second.digest).toBe(first.digest);
    expect(await contentOf(database.sql)).toEqual(before);
  });

  it('gives another database the same rows, also level by level and domain by domain', async () => {
    const other = await freshDatabase();
    const reference = await seed(other, { level: 'reference' });
    expect(reference.total.inserted).toBe(7);
    for (const domain of ['consensus', 'evolution', 'framework', 'power_dynamics'] as const)
      await seed(other, { domains: [domain] });
    expect(await contentOf(other.sql)).toEqual(await contentOf(database.sql));
  });

  it('refuses to mix two seeds', async () => {
    const before = await contentOf(database.sql);
    await expect(seed(database, { seed: 'other' })).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
    expect(await contentOf(database.sql)).toEqual(before);
  });

  it('puts back what was deleted', async () => {
    const before = await contentOf(database.sql);
    await database.sql`delete from verification.requests where request_key = 'req-000002'`;
    await database.sql`delete from evolution.experiments where experiment_key = 'tournament-001'`;
    const again = await seed(database, { domains: ['evolution', 'verification'] });
    expect(again.tables.find(({ table }) => table === 'evolution.agents')?.inserted).toBe(200);
    const after = await contentOf(database.sql);
    // The trail outlives the request, and the new one has its own.
    const { 'verification.audit_log': trail, ...others } = after;
    expect(trail).not.toBe(before['verification.audit_log']);
    for (const [table, digest] of Object.entries(others))
      if (!table.startsWith('framework.') && !table.startsWith('consensus.'))
        expect(digest).toBe(before[table]);
  });

  it('does not vote again on what the log has decided', async () => {
    await database.sql`delete from consensus.proposals where proposal_key in ('proposal-00004', 'proposal-00039')`;
    const again = await seed(database, { domains: ['consensus'] });
    // The second was still pending.
    expect(again.tables.find(({ table }) => table === 'consensus.proposals')).toMatchObject({ inserted: 1 });
    expect(again.checks.filter(({ violations }) => violations > 0)).toEqual([]);
  });

  it('computes content hashes as PostgreSQL does', async () => {
    const value = { bb: 1, a: [true, null, 'x"\\\n'], ä: { c: 0.35, dd: 1e-6 } };
    const [row] = await database.sql<
      { text: string }[]
    >`select ${database.sql.json(value)}::jsonb::text as text`;
    expect(jsonbText(value)).toBe(row?.text);
  });
});

describe('seed --level load', () => {
  it('starts with the demo and gives the same rows in one run or two', async () => {
    const [straight, stepwise] = [await freshDatabase(), await freshDatabase()];
    const loaded = await seed(straight, { level: 'load', scale: 2 });
    const demo = await seed(stepwise);
    const rest = await seed(stepwise, { level: 'load', scale: 2 });
    expect(rest.total.unchanged).toBe(demo.total.inserted);
    expect(rest.digest).toBe(loaded.digest);
    expect(await contentOf(stepwise.sql)).toEqual(await contentOf(straight.sql));
  });
});

describe('seed of a domain alone', () => {
  it.each(DOMAINS)('%s', async (domain) => {
    const database = await freshDatabase();
    const result = await seed(database, { domains: [domain] });
    expect(result.domains).toContain(domain);
    expect(result.checks.filter(({ violations }) => violations > 0)).toEqual([]);
  });
});

describe('seed and the database it meets', () => {
  it('refuses a foreign database without touching it', async () => {
    const foreign = await createDatabase();
    databases.push(foreign);
    await foreign.sql`create table film (id int)`;
    await expect(seed(foreign)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('bk-db migrate') as string,
    });
  });

  it('keeps configurations that somebody else activated', async () => {
    const database = await freshDatabase();
    await database.sql`
      insert into framework.configs (framework, revision, framework_version, data, is_valid)
      values ('utility', 1, '1.0.0', '{"own": true}', true)`;
    await database.sql`
      update framework.configs set status = 'active', activated_at = now() where framework = 'utility'`;
    const result = await seed(database, { domains: ['framework'] });
    expect(result.tables[0]).toEqual({ table: 'framework.configs', inserted: 13, unchanged: 1 });
    const [active] = await database.sql<{ data: unknown; executions: number }[]>`
      select c.data, (select count(*)::int from framework.executions e where e.config_id = c.id) as executions
        from framework.configs c where c.framework = 'utility' and c.revision = 1`;
    expect(active?.data).toEqual({ own: true });
    expect(active?.executions).toBeGreaterThan(0);
  });

  it('seeds a database whose partitions lie in other months', async () => {
    const database = await freshDatabase();
    const result = await seed(database, { asOf: new Date('2023-02-01T00:00:00Z') });
    expect(result.checks.filter(({ violations }) => violations > 0)).toEqual([]);
  });

  it('runs once at a time', async () => {
    const database = await freshDatabase();
    const both = await Promise.allSettled([seed(database), seed(database)]);
    const refused = both.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ reason: { code: 'LOCK_HELD' } });
  });

  it('leaves no half domain behind when it is stopped', async () => {
    const database = await freshDatabase();
    const stop = new AbortController();
    const reason = new Error('stopped');
    const running = seed(
      {
        ...database,
        signal: stop.signal,
        onProgress: ({ phase }) => phase.startsWith('seeding framework (1 of') && stop.abort(reason),
      },
      { level: 'load', scale: 3 },
    );
    await expect(running).rejects.toBe(reason);
    const content = await contentOf(database.sql);
    expect(content['verification.requests']).toMatch(/^1800 /);
    expect(content['framework.executions']).toMatch(/^0 /);
    expect(await disabledTriggers(database.sql)).toBe(0);
    expect((await seed(database)).checks.every(({ violations }) => violations === 0)).toBe(true);
  });

  it('refuses a role that does not own the tables, and names the owner', async () => {
    const database = await freshDatabase();
    await database.sql.unsafe(`
      drop role if exists seed_guest; create role seed_guest login password 'guest';
      grant usage on schema bk, verification, framework to seed_guest`);
    try {
      const guest = { ...database.target, user: 'seed_guest', password: new Secret('guest') };
      await expect(seed({ target: guest }, { domains: ['verification'] })).rejects.toMatchObject({
        code: 'PERMISSION',
        message: 'role "seed_guest" is not the owner of verification.requests',
      });
    } finally {
      await database.sql.unsafe('drop owned by seed_guest; drop role seed_guest');
    }
  });
});
