import { expect, it, onTestFinished } from 'vitest';
import type { Backup } from '../../../src/lib/backup/types.js';
import { restoreBackup } from '../../../src/lib/restore/index.js';
import {
  backupDeps,
  filledDatabase,
  takeBackup,
  temporaryName,
  temporaryStore,
} from '../../support/backup-store.js';
import { serverTarget } from '../../support/database.js';

async function plan(backup: Backup, into: string, onWarning: (text: string) => void = () => undefined) {
  const ownership = { noOwner: false, noPrivileges: false };
  const deps = backupDeps(await serverTarget(), { onWarning });
  return restoreBackup(deps, { backup, into, jobs: 1, verify: true, dryRun: true, ownership });
}

it('warns of an empty database with another encoding', async () => {
  const database = await filledDatabase("create table t as select 'ä' as v");
  const backup = await takeBackup(database.target, await temporaryStore());
  const into = temporaryName();
  onTestFinished(() => database.sql.unsafe(`drop database ${into}`).then(() => undefined));
  await database.sql.unsafe(
    `create database ${into} encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0`,
  );
  const warnings: string[] = [];
  await plan(backup, into, (text) => warnings.push(text));
  expect(warnings).toEqual([expect.stringMatching(/has the encoding LATIN1, the source UTF8: /)]);
});

it('names a locale that the server does not have, before it creates a database', async () => {
  const database = await filledDatabase('create table t as select 1 as v');
  const backup = await takeBackup(database.target, await temporaryStore());
  const into = temporaryName();
  const elsewhere = {
    provider: 'libc',
    collate: 'xx_XX.UTF-8',
    ctype: 'xx_XX.UTF-8',
    locale: null,
  } as const;
  await expect(plan({ ...backup, collation: elsewhere }, into)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('locale xx_XX.UTF-8 (could not create locale "xx_XX.UTF-8"') as string,
    details: { locale: 'xx_XX.UTF-8' },
  });
  expect(await database.sql`select from pg_database where datname = ${into}`).toEqual([]);
});
