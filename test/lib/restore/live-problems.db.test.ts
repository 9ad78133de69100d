import { expect, it } from 'vitest';
import { withDatabase } from '../../../src/lib/core/database.js';
import { Secret } from '../../../src/lib/core/secret.js';
import { replaceDatabase } from '../../../src/lib/restore/index.js';
import {
  backupDeps,
  filledDatabase,
  takeBackup,
  temporaryName,
  temporaryStore,
} from '../../support/backup-store.js';
import { serverTarget } from '../../support/database.js';

it('--replace says before any work that it will not be able to exchange the databases', async () => {
  const weak = temporaryName('weak');
  const { name, sql, target } = await filledDatabase(
    `create role ${weak} login createdb password 'weak'; create table t as select 1 as v`,
  );
  const backup = await takeBackup(target, await temporaryStore());
  const deps = backupDeps({ ...(await serverTarget()), user: weak, password: new Secret('weak') });
  const replace = async (dryRun: boolean) =>
    replaceDatabase(deps, {
      backup,
      into: name,
      jobs: 1,
      verify: true,
      dryRun,
      ownership: { noOwner: true, noPrivileges: true },
    });
  try {
    // The test's own session is a superuser's.
    await expect(replace(true)).rejects.toMatchObject({
      code: 'PERMISSION',
      message: expect.stringMatching(
        /ownership of database .*; the right to end sessions? \d+ of /,
      ) as string,
      details: { owns: false, sessions: expect.arrayContaining([expect.any(String)]) as string[] },
    });
    await sql.unsafe(`alter database ${name} owner to ${weak}`);
    await expect(replace(false)).rejects.toMatchObject({ code: 'LOCK_HELD' });
    const beside = await sql`select from pg_database where starts_with(datname::text, ${`${name}__`})`;
    expect(beside).toHaveLength(0);
  } finally {
    await sql.unsafe(`alter database ${name} owner to current_user`);
    await withDatabase(await serverTarget(), {}, async (server) => {
      await server.sql.unsafe(`drop role ${weak}`);
    });
  }
});
