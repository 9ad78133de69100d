import { describe, expect, it, onTestFinished } from 'vitest';
import { filledDatabase, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';

/** A database of somebody else's, and a role that may do nothing in it. */
async function strangersDatabase() {
  const { env, sql, name, target } = await filledDatabase(
    `create table t as select generate_series(1, 9) as v; create sequence s;
     create table secret (v int); alter table secret enable row level security`,
  );
  const role = `weak_${name}`;
  await sql.unsafe(`create role ${role} login password 'weak'`);
  onTestFinished(() => sql.unsafe(`drop owned by ${role}; drop role ${role}`).then(() => undefined));
  const query = new URLSearchParams({ host: target.host, port: String(target.port) });
  const asRole = { DATABASE_URL: `postgresql://${role}:weak@/${name}?${query.toString()}` };
  return { env, asRole, role, sql };
}

describe('grants', () => {
  it('prints what makes a task possible: before it is not, afterwards it is', async () => {
    const { env, asRole, role, sql } = await strangersDatabase();
    const tasks = ['backup', 'csv', 'health'];
    const before = await runCli(['grants', ...tasks, '--check', '--json'], { env: asRole });
    expect(before.status).toBe(4);
    const lacking = before.json.data.lacking as { task: string; problem: string }[];
    expect([...new Set(lacking.map(({ task }) => task))]).toEqual(tasks);
    const store = await temporaryStore();
    expect(await runCli(['backup', '--dir', store], { env: asRole })).toMatchObject({ status: 21 });

    const { stdout } = await runCli(['grants', ...tasks, '--role', role], { env });
    await sql.unsafe(stdout);

    expect(await runCli(['grants', ...tasks, '--check'], { env: asRole })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`${role} may backup`) as string,
    });
    expect(await runCli(['backup', '--dir', store], { env: asRole })).toMatchObject({ status: 0 });
    const { json } = await runCli(['grants', 'restore', 'migrate', '--check', '--json'], { env: asRole });
    expect(json.data.lacking).toContainEqual({ task: 'restore', problem: 'it may not create databases' });
  });

  it('quotes names, and refuses tasks that it does not know', async () => {
    const { env } = await filledDatabase('select 1');
    const { stdout } = await runCli(['grants', 'health', '--role', 'x"; drop table t; --'], { env });
    expect(stdout).toContain('GRANT pg_monitor TO "x""; drop table t; --";');
    expect(await runCli(['grants', 'everything'], { env })).toMatchObject({ status: 2 });
  });
});
