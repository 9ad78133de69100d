import { execa } from 'execa';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withDatabase } from '../../src/lib/core/database.js';
import { filledDatabase, openForTest, temporaryName, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { serverTarget } from '../support/database.js';

interface Own {
  readonly comment: string | null;
  readonly limit: number;
  readonly grants: string[];
  readonly settings: string[];
}

/** What belongs to a database itself. */
async function ownOf(database: string): Promise<Own | undefined> {
  return withDatabase(await serverTarget(), {}, async ({ sql }) => {
    const [own] = await sql<Own[]>`
      select shobj_description(d.oid, 'pg_database') as comment, d.datconnlimit as "limit",
             array(select x::text from unnest(d.datacl) x order by 1) as grants,
             array(select coalesce(s.setrole::regrole::text, '') || e from pg_db_role_setting s, unnest(s.setconfig) e
                    where s.setdatabase = d.oid order by 1) as settings
        from pg_database d where d.datname = ${database}`;
    return own;
  });
}

async function databaseWithOwn() {
  const source = await filledDatabase('create table t as select 1 as v');
  const role = `reader_${temporaryName()}`;
  const name = `"${source.name}"`;
  await source.sql
    .unsafe(
      `create role ${role}; alter database ${name} set search_path = app, public, "$user";
     alter database ${name} set "my.thing" = E'a;\nalter database ${name} set x = 1;';
     alter role ${role} in database ${name} set statement_timeout = '5s';
     alter database ${name} connection limit 50; revoke connect on database ${name} from public;
     grant connect, create on database ${name} to ${role} with grant option; comment on database ${name} is E'it''s\n; mine'`,
    )
    .simple();
  onTestFinished(async () => {
    await withDatabase(await serverTarget(), {}, async ({ sql }) => {
      await sql.unsafe(`alter role ${role} in database ${name} reset all`).catch(() => undefined);
      const named = await sql<{ name: string }[]>`
        select d.datname as name from pg_database d, aclexplode(d.datacl) x where x.grantee = ${role}::regrole`;
      for (const one of new Set(named.map((row) => row.name)))
        await sql.unsafe(`revoke all on database "${one}" from ${role} cascade`);
      await sql.unsafe(`drop role ${role}`);
    });
  });
  return { ...source, role };
}

describe('a new database that restore makes', () => {
  it.each(['directory', 'custom'])(
    'gets what belonged to the database itself, from a %s backup',
    async (format) => {
      const source = await databaseWithOwn();
      const store = await temporaryStore();
      const [plain, bare] = [temporaryName(), temporaryName()];
      const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env: source.env });
      await run('backup', '--format', format);
      expect(await run('restore', 'latest', '--into', plain)).toMatchObject({
        status: 0,
        json: { data: { warnings: [] } },
      });
      await openForTest(plain);
      const expected = await ownOf(source.name);
      expect(expected?.settings).toHaveLength(3);
      expect(await ownOf(plain)).toEqual({
        ...expected,
        grants: expect.arrayContaining(expected?.grants ?? []),
      });

      expect(await run('restore', 'latest', '--into', bare, '--no-privileges')).toMatchObject({ status: 0 });
      await openForTest(bare);
      expect(await ownOf(bare)).toEqual({ ...expected, grants: [] });
    },
  );

  it('gets it from an archive of pg_dump, and says what it could not give', async () => {
    const source = await databaseWithOwn();
    const file = join(await temporaryStore(), 'x.dump');
    await execa('pg_dump', ['-Fc', '-f', file, source.url], { env: source.env });
    await source.sql.unsafe(
      `alter role ${source.role} in database "${source.name}" reset all; revoke all on database "${source.name}" from ${source.role} cascade`,
    );
    await source.sql.unsafe(`alter role ${source.role} rename to ${source.role}_2`);
    const into = temporaryName();
    const { status, json } = await runCli(['restore', file, '--into', into, '--json'], { env: source.env });
    await source.sql.unsafe(`alter role ${source.role}_2 rename to ${source.role}`);
    await openForTest(into);
    expect(status).toBe(0);
    expect(json.data.warnings).toEqual([
      expect.stringMatching(/^not restored: grant .* on database .*: role "\w+" does not exist$/i),
      expect.stringMatching(/^not restored: alter role .* in database .*: role "\w+" does not exist$/i),
    ]);
    expect(json.warnings).toEqual(json.data.warnings);
    expect(await ownOf(into)).toMatchObject({ limit: 50, comment: "it's\n; mine" });
  });

  it('leaves one that was there as it is', async () => {
    const source = await databaseWithOwn();
    const target = await filledDatabase('select 1');
    const store = await temporaryStore();
    await runCli(['backup', '--dir', store], { env: source.env });
    const before = await ownOf(target.name);
    expect(
      await runCli(['restore', 'latest', '--into', target.name, '--dir', store], { env: source.env }),
    ).toMatchObject({ status: 0 });
    expect(await ownOf(target.name)).toEqual(before);
  });
});
