import { execa } from 'execa';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filledDatabase, temporaryStore } from '../../support/backup-store.js';
import { missingPrograms } from '../../support/age.js';
import { runCli } from '../../support/cli.js';
import { startWebServer } from '../../support/http-server.js';

const CANARY = 'c4n4ry-uuid';
const noPromtool = (await missingPrograms('promtool')).length > 0;

const unreachable = (name: string) => `postgresql://u@127.0.0.1:1/${name}`;

const valueOf = (text: string, name: string) =>
  new RegExp(`^bk_db_backup_run_${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1];

describe('backup --metrics-textfile', () => {
  it('says how the last run went, and when there was the last success, after a failure too', async () => {
    const store = await temporaryStore();
    const folder = await temporaryStore();
    const file = join(folder, 'bk_db.prom');
    const { env, name } = await filledDatabase('create table t as select 1 as v');
    const run = (more: Readonly<Record<string, string>> = {}) =>
      runCli(['backup', '--dir', store, '--metrics-textfile', file, '--json'], { env: { ...env, ...more } });

    const first = await run();
    const good = await readFile(file, 'utf8');
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect(good).toContain(`bk_db_backup_run_success{database="${name}"} 1`);
    const finished = String(Date.parse(first.json.data.finishedAt) / 1000);
    expect(valueOf(good, 'last_success_timestamp_seconds')).toBe(finished);
    if (!noPromtool) {
      const { exitCode, stderr } = await execa('promtool', ['check', 'metrics'], {
        input: good,
        reject: false,
      });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    }

    expect((await run({ DATABASE_URL: unreachable(name) })).status).toBe(10);
    const bad = await readFile(file, 'utf8');
    expect(valueOf(bad, 'success')).toBe('0');
    expect(bad).toContain(`bk_db_backup_run_exit_status{database="${name}",code="CONNECTION_FAILED"} 10`);
    expect(valueOf(bad, 'last_success_timestamp_seconds')).toBe(finished);

    const lost = await runCli(['backup', '--dir', store, '--metrics-textfile', file], {
      env: { BK_DB_EMBEDDED: 'maybe' },
    });
    expect(lost.status).toBe(2);
    expect(await readFile(file, 'utf8')).toContain('bk_db_backup_run_exit_status{code="CONFIG_INVALID"} 2');
    expect(await readdir(folder)).toEqual(['bk_db.prom']);
  });

  it('is written when a signal ends the run', async () => {
    const store = await temporaryStore();
    const file = join(await temporaryStore(), 'm.prom');
    const { env, sql } = await filledDatabase('create table t as select 1 as v');
    await sql.begin(async (transaction) => {
      await transaction`lock table t`;
      const stopped = await runCli(['backup', '--dir', store, '--metrics-textfile', file, '--verbose'], {
        env,
        signalAfter: { signal: 'SIGTERM', ms: 2_500 },
      });
      expect(stopped.status).toBe(143);
    });
    expect(await readFile(file, 'utf8')).toMatch(/exit_status\{.*code="INTERRUPTED"\} 143/);
  });

  it('warns when the file cannot be written; the backup stands', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select 1 as v');
    const run = await runCli(['backup', '--dir', store, '--metrics-textfile', '/nowhere/m.prom'], { env });
    expect(run.status).toBe(0);
    expect(run.stderr).toContain('the metrics file /nowhere/m.prom was not written');
  });
});

describe('backup --ping', () => {
  it('tells of start, success and failure', async () => {
    const store = await temporaryStore();
    const { env, name } = await filledDatabase('create table t as select 1 as v');
    const { url, received } = await startWebServer();
    const run = (more: Readonly<Record<string, string>>) =>
      runCli(['backup', '--dir', store, '--ping'], { env: { ...env, ...more } });
    expect(await run({ BK_DB_PING_URL: `${url}/${CANARY}?rid=1` })).toMatchObject({ status: 0, stderr: '' });
    expect(received.map(({ path }) => path)).toEqual([`/${CANARY}/start?rid=1`, `/${CANARY}?rid=1`]);
    received.length = 0;
    expect(
      (await run({ BK_DB_PING_URL: `${url}/push?status={event}`, DATABASE_URL: unreachable(name) })).status,
    ).toBe(10);
    expect(received).toEqual([
      { path: '/push?status=start', body: '' },
      { path: '/push?status=fail', body: 'CONNECTION_FAILED, status 10' },
    ]);
  });

  it('neither fails nor delays a backup for long, and shows the URL to nobody', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select 1 as v');
    const silent = await startWebServer(() => undefined);
    const broken = await startWebServer((_, response) => response.writeHead(500).end());
    for (const [url, problem] of [
      [silent.url, 'there was no answer within 3 s'],
      [broken.url, 'it was answered with status 500'],
      ['http://127.0.0.1:47', 'nothing listens there'],
    ] as const) {
      const begun = Date.now();
      const run = await runCli(['backup', '--dir', store, '--ping', '--verbose'], {
        env: { ...env, BK_DB_PING_URL: `${url}/${CANARY}` },
      });
      expect(run.status).toBe(0);
      expect(run.stderr).toContain(`monitoring was not told of the success: ${problem}`);
      expect(run.stdout + run.stderr).not.toContain(CANARY);
      expect(Date.now() - begun).toBeLessThan(30_000);
    }
  });

  it('needs its setting, which the configuration masks', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select 1 as v');
    const file = join(store, 'm.prom');
    const bare = await runCli(['backup', '--dir', store, '--ping', '--metrics-textfile', file], { env });
    expect(bare).toMatchObject({ status: 2, stderr: expect.stringContaining('BK_DB_PING_URL') as string });
    expect(await readFile(file, 'utf8')).toContain('code="CONFIG_INVALID"');
    const shown = await runCli(['config'], {
      env: { ...env, BK_DB_PING_URL: `https://hc.example/${CANARY}` },
    });
    expect(shown.stdout).toContain('BK_DB_PING_URL');
    expect(shown.stdout).not.toContain(CANARY);
    const wrong = await runCli(['backup', '--ping'], { env: { ...env, BK_DB_PING_URL: `ftp://${CANARY}` } });
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).not.toContain(CANARY);
  });
});

describe('backup check', () => {
  it('prints nothing with --quiet while all is well, and notices a backup from the future', async () => {
    const store = await temporaryStore();
    const { env, name } = await filledDatabase('create table t as select 1 as v');
    expect((await runCli(['backup', '--dir', store], { env })).status).toBe(0);
    const check = () => runCli(['backup', 'check', '--max-age', '26h', '--dir', store, '--quiet'], { env });
    expect(await check()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const { manifestOf } = await import('../../support/manifest.js');
    const { formatManifest } = await import('../../../src/lib/backup/manifest.js');
    const id = '20990101T000000Z-aaaa';
    await mkdir(join(store, name, id));
    const [startedAt, finishedAt] = ['2099-01-01T00:00:00.000Z', '2099-01-01T00:00:01.000Z'];
    await writeFile(
      join(store, name, id, 'manifest.json'),
      formatManifest(manifestOf({ id, database: name, startedAt, finishedAt })),
    );
    const alarmed = await check();
    expect(alarmed.status).toBe(4);
    expect(alarmed.stdout).toContain('a clock was wrong');
  });
});
