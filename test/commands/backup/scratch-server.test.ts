import { execa } from 'execa';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createdBackupSchema } from '../../../src/lib/backup/types.js';
import { filledDatabase, temporaryStore } from '../../support/backup-store.js';
import { runCli } from '../../support/cli.js';

async function postgresBelow(directory: string): Promise<string[]> {
  const { stdout } = await execa('ps', ['-eo', 'args=']);
  return stdout.split('\n').filter((line) => line.includes(directory) && line.includes('postgres'));
}

it('verify --scratch-server restores without any configured server, and leaves nothing, interrupted too', async () => {
  const store = await temporaryStore();
  // Short, because a socket's path must be; the server's account has to pass through.
  const temporary = await mkdtemp(join(tmpdir(), 'bk-'));
  await execa('chmod', ['711', temporary]);
  onTestFinished(() => rm(temporary, { recursive: true, force: true }));
  const { env } = await filledDatabase(
    'create table t as select i from generate_series(1, 1000) i; create table u as select 1 as v',
  );
  const backup = createdBackupSchema.parse(
    (await runCli(['backup', '--dir', store, '--json'], { env })).json.data,
  );
  const verify = (options: object = {}) =>
    runCli(['backup', 'verify', 'latest', '--scratch-server', '--dir', store, '--json'], {
      env: { TMPDIR: temporary },
      ...options,
    });
  const good = await verify();
  expect(good.status, good.stdout).toBe(0);
  expect(good.json.data.verifications[0]).toMatchObject({ id: backup.id, ok: true });
  expect(good.json.data.verifications[0].restoredMs).toBeGreaterThan(0);

  for (const ms of [900, 1500]) {
    const stopped = await verify({ signalAfter: { signal: 'SIGTERM', ms } });
    expect([0, 143]).toContain(stopped.status);
    expect(await readdir(temporary), `after ${ms} ms`).toEqual([]);
    await expect.poll(() => postgresBelow(temporary), { timeout: 5_000 }).toEqual([]);
  }

  await writeFile(join(backup.path, backup.tables[0]?.file ?? ''), 'x');
  expect((await verify()).status).toBe(14);
  expect(await readdir(temporary)).toEqual([]);
});
