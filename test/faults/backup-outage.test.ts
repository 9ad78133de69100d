import { expect, it } from 'vitest';
import { createBackup, listBackups } from '../../src/lib/backup/index.js';
import { backupDeps, filledDatabase, temporaryStore } from '../support/backup-store.js';
import { rounds, tally } from '../support/faults.js';

const DAY_MS = 86_400_000;

it('nights with the server down lose no good backup', { timeout: 600_000 }, async () => {
  const { target } = await filledDatabase('create table t as select i from generate_series(1, 100) i');
  const store = await temporaryStore();
  const retention = { keepLast: 3, keepDaily: 3 };
  const night = (number: number, changes: object = {}) =>
    createBackup(
      { ...backupDeps(target), now: () => new Date(Date.UTC(2026, 0, 1, 3) + number * DAY_MS), ...changes },
      { directory: store, jobs: 1, retention },
    );
  for (const number of [0, 1, 2]) await night(number);
  const before = (await listBackups(store)).backups.map(({ id }) => id);
  const down = { ...target, host: '127.0.0.1', port: 1 };
  const nights = rounds(5, 30);
  for (let number = 3; number < 3 + nights; number++)
    await expect(night(number, { target: down })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  expect((await listBackups(store)).backups.map(({ id }) => id)).toEqual(before);
  await night(3 + nights);
  const after = (await listBackups(store)).backups;
  expect(after).toHaveLength(3);
  expect(after.map(({ id }) => id).slice(1)).toEqual(before.slice(0, 2));
  await tally('nights without a server', nights);
});
