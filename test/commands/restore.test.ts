import { describe, expect, it, onTestFinished } from 'vitest';
import { withDatabase } from '../../src/lib/core/database.js';
import { filledDatabase, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { serverTarget } from '../support/database.js';

describe('restore --replace', () => {
  it('asks, replaces, and undoes', async () => {
    const store = await temporaryStore();
    const { env, name, sql } = await filledDatabase('create table t as select generate_series(1, 50) as v');
    onTestFinished(async () => {
      await withDatabase(await serverTarget(), {}, async ({ sql: server }) => {
        const beside = await server<{ name: string }[]>`
          select datname as name from pg_database where starts_with(datname::text, ${`${name}__`})`;
        for (const { name: other } of beside) await server`drop database ${server(other)} with (force)`;
      });
    });
    const run = (...args: string[]) => runCli([...args, '--dir', store], { env });
    await run('backup');
    await sql`truncate t`;
    const count = async () => (await sql<{ n: number }[]>`select count(*)::int as n from t`)[0]?.n;

    expect(await run('restore', 'latest', '--replace')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/cannot ask.*Replace database test_\w+ by backup \d{8}T\d{6}Z/) as string,
    });
    expect(await run('restore', 'latest', '--replace', '--no-verify', '--yes')).toMatchObject({ status: 2 });
    expect(await count()).toBe(0);

    const planned = await run('restore', 'latest', '--replace', '--dry-run');
    expect(planned).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('would be replaced') as string,
    });
    expect(await count()).toBe(0);

    const replaced = await run('restore', 'latest', '--replace', '--yes');
    expect(replaced).toMatchObject({ status: 0, stderr: '' });
    expect(replaced.stdout).toContain('every table equal (1 table, 50 rows, sha256)');
    expect(replaced.stdout).toContain(`kept as ${name}__old_`);
    await sql`select 1`.catch(() => undefined);
    expect(await count()).toBe(50);

    const undone = await run('restore', '--undo', '--yes', '--json');
    expect(undone.json.data).toMatchObject({ database: name });
    await sql`select 1`.catch(() => undefined);
    expect(await count()).toBe(0);
  });
});
