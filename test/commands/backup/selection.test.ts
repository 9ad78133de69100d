import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filledDatabase, temporaryName, temporaryStore } from '../../support/backup-store.js';
import { runCli } from '../../support/cli.js';
import { serverTarget } from '../../support/database.js';

describe('backup of a part', () => {
  it('takes what the patterns mean, and is neither latest nor in the way of whole backups', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase(
      `create schema app; create schema audit;
       create table app.a as select generate_series(1, 5) as v; create table app.b as select 1 as v;
       create table audit.log as select generate_series(1, 7) as v`,
    );
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
    const tables = async (...args: string[]) => {
      const { json } = await run('backup', ...args);
      const found = json.data.tables as { schema: string; name: string }[];
      return found.map(({ schema, name }) => `${schema}.${name}`).sort();
    };
    const whole = await run('backup');
    expect(await tables('--schema', 'app')).toEqual(['app.a', 'app.b']);
    expect(await tables('--table', 'app.a', '--table', 'audit.*')).toEqual(['app.a', 'audit.log']);
    expect(await tables('--exclude-table', 'app.b')).toEqual(['app.a', 'audit.log']);
    expect(await tables('--exclude-table-data', 'audit.*', '--keep-last', '1')).toEqual(['app.a', 'app.b']);

    expect((await run('backup', 'list')).json.data.backups).toHaveLength(5);
    expect((await run('backup', 'show', 'latest')).json.data.id).toBe(whole.json.data.id);
    expect((await runCli(['backup', 'list', '--dir', store])).stdout.match(/part$/gm)).toHaveLength(4);
    expect(await run('backup', 'verify', '--all')).toMatchObject({ status: 0 });
    expect(await run('backup', '--table', 'no_such')).toMatchObject({
      status: 15,
      json: { error: { code: 'NOT_FOUND' } },
    });

    const newest = String((await run('backup', 'list')).json.data.backups[0].id);
    const restored = await run('restore', newest, '--into', temporaryName());
    expect(restored.json.data.proof).toMatchObject({ tables: 2, rows: 6, mismatches: [] });
  });
});

describe('rights for a part', () => {
  it('refuses, before anything is written, what the role may not read or would read in part', async () => {
    const store = await temporaryStore();
    const { sql, name } = await filledDatabase(
      `create schema app; create table app.open as select 1 as v; create table app.closed as select 1 as v;
       create table app.secured as select 1 as v; alter table app.secured enable row level security`,
    );
    const role = `part_${name}`;
    await sql.unsafe(`create role ${role} login password 'part'; grant usage on schema app to ${role};
      grant select on app.open, app.secured to ${role}`);
    const { host, port } = await serverTarget();
    const own = { PGHOST: host, PGPORT: String(port), PGUSER: role, PGPASSWORD: 'part', PGDATABASE: name };
    const run = (...args: string[]) => runCli(['backup', '--dir', store, '--json', ...args], { env: own });
    try {
      expect(await run('--table', 'app.open')).toMatchObject({ status: 0 });
      for (const [args, object] of [
        [['--schema', 'app'], 'app.closed'],
        [['--table', 'app.clo*'], 'app.closed'],
        [['--table', 'app.secured'], 'app.secured'],
      ] as const) {
        const { status, json } = await run(...args);
        expect({ status, objects: json.error.details.objects }).toEqual({ status: 21, objects: [object] });
      }
      const without = ['--exclude-table', 'app.closed', '--exclude-table-data', 'app.secured'];
      expect(await run('--schema', 'app', ...without)).toMatchObject({ status: 0 });
    } finally {
      await sql.unsafe(`drop owned by ${role}; drop role ${role}`);
    }
  });
});

describe('backup verify --subset', () => {
  it('verifies every backup once in a cycle', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select 1 as v');
    const run = (...args: string[]) => runCli(['backup', ...args, '--dir', store, '--json'], { env });
    for (let each = 0; each < 3; each++) expect(await run()).toMatchObject({ status: 0 });
    const seen: string[] = [];
    for (const subset of ['1/2', '2/2']) {
      const { status, json } = await run('verify', '--subset', subset);
      expect(status).toBe(0);
      seen.push(...(json.data.verifications as { id: string }[]).map(({ id }) => id));
    }
    const all = (await run('list')).json.data.backups as { id: string }[];
    expect(seen.sort()).toEqual(all.map(({ id }) => id).sort());
    expect(await run('verify', '--subset', '3/2')).toMatchObject({ status: 2 });
  });
});

describe('backup --compress', () => {
  it('compresses as it is told, and finds damage without compression too', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase(
      `create table t as select repeat('abc', 100) as v from generate_series(1, 500)`,
    );
    const run = (...args: string[]) => runCli([...args, '--dir', store, '--json'], { env });
    const sizes: number[] = [];
    for (const compression of ['none', 'gzip', 'gzip:9']) {
      const { json } = await run('backup', '--compress', compression);
      sizes.push(json.data.totals.sizeBytes as number);
    }
    expect(sizes[0]).toBeGreaterThan(150_000);
    expect(sizes[1]).toBeLessThan(50_000);
    expect(await run('backup', 'verify', '--all')).toMatchObject({ status: 0 });
    for (const wrong of ['zip', 'gzip:0', 'zstd:20'])
      expect(await run('backup', '--compress', wrong)).toMatchObject({ status: 2 });

    const { json } = await run('backup', '--compress', 'none');
    expect(json.data.compression).toEqual({ algorithm: 'none', level: 0 });
    const into = temporaryName();
    expect((await run('restore', 'latest', '--into', into)).json.data.proof.mismatches).toEqual([]);
    const file = join(String(json.data.path), String(json.data.tables[0].file));
    await writeFile(file, (await readFile(file, 'utf8')).replace('abcabc', 'abcabd'));
    const damaged = await run('backup', 'verify', 'latest');
    expect(damaged).toMatchObject({ status: 14 });
    expect(damaged.json.error.message).toContain('(table public.t): its checksum does not fit');
  });
});
