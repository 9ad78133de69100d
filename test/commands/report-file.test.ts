import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filledDatabase, temporaryName, openForTest, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';

async function backedUp() {
  const { env } = await filledDatabase('create table t as select generate_series(1, 5) as v');
  const store = await temporaryStore();
  await runCli(['backup', '--dir', store], { env });
  return { env, store, report: join(store, '..', `${temporaryName()}.json`) };
}

it('--report leaves the JSON document of a success and of a failure, beside what is printed', async () => {
  const { env, store, report } = await backedUp();
  const into = temporaryName();
  const restore = ['restore', 'latest', '--into', into, '--dir', store, '--report', report];
  const first = await runCli(restore, { env });
  await openForTest(into);
  expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining('1 table, 5 rows') });
  expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({
    ok: true,
    command: 'restore',
    data: { database: into, proof: { tables: 1, mismatches: [] } },
  });
  expect((await stat(report)).mode & 0o777).toBe(0o600);

  expect(await runCli(restore, { env })).toMatchObject({ status: 19 });
  expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({
    ok: false,
    error: { code: 'TARGET_NOT_EMPTY', exitStatus: 19 },
  });
});

it('a report that cannot be written is no success, and does not hide a failure', async () => {
  const { env, store } = await backedUp();
  const nowhere = join(store, 'nowhere', 'report.json');
  const verify = await runCli(['backup', 'verify', 'latest', '--dir', store, '--report', nowhere], { env });
  expect(verify).toMatchObject({
    status: 22,
    stdout: expect.stringContaining('1 table, 5 rows'),
    stderr: expect.stringContaining('the report could not be written: '),
  });
  const missing = await runCli(['backup', 'verify', 'nothing', '--dir', store, '--report', nowhere], { env });
  expect(missing.status).toBe(15);
});
