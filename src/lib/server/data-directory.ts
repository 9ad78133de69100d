import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatPassfileLine } from '../core/config/index.js';
import { PRIVATE_DIRECTORY, syncDirectory, writeFileAtomic } from '../core/files.js';
import type { PgInstallation } from '../core/pg-tools.js';
import type { RunTool } from '../core/process.js';
import { accountOf, giveTo, type ServerAccount } from './account.js';
import { SERVER_USER } from './credentials.js';
import { initialize } from './initdb.js';
import { STAGING_PREFIX, type ServerLayout } from './layout.js';
import { MARKER_FILE, newMarker } from './marker.js';
import { appendToOwnFile, PASS_GROUP, removeOwnDirectory, writeOwnFile } from './owned-files.js';
import { SETTINGS_FILE, type ServerSettings } from './server-settings.js';
import type { ServerDeps } from './types.js';

export interface Creation {
  readonly programs: PgInstallation;
  readonly account: ServerAccount;
  readonly settings: ServerSettings;
}

/**
 * Creates the data directory beside its final place and publishes it by rename, so that it is complete or absent.
 * The password goes to the invoking user's passfile. Only under the lock.
 */
export async function createData(deps: ServerDeps, layout: ServerLayout, creation: Creation): Promise<void> {
  const { account } = creation;
  const staging = await mkdtemp(join(layout.directory, STAGING_PREFIX));
  try {
    if (account !== undefined) {
      await chown(staging, 0, account.gid);
      await chmod(staging, PASS_GROUP);
    }
    const data = join(staging, 'data');
    const pwfile = join(staging, 'password');
    const password = randomBytes(24).toString('base64url');
    await mkdir(data, { mode: PRIVATE_DIRECTORY });
    await giveTo(account, data);
    await writeOwnFile(pwfile, `${password}\n`, account);
    await initialize(deps, { ...creation, data, pwfile });
    await appendToOwnFile(join(data, 'postgresql.conf'), `\ninclude = '${SETTINGS_FILE}'\n`);
    await writeOwnFile(join(data, SETTINGS_FILE), '', account);
    await writeOwnFile(join(data, MARKER_FILE), await newMarker(data), account);
    await writeFileAtomic(layout.passfile, formatPassfileLine(SERVER_USER, password));
    await rename(data, layout.dataDirectory);
    await syncDirectory(layout.directory);
  } finally {
    await removeStaging(deps.runTool, staging);
  }
}

/** Removes half-made data, the account's part as the account. */
export async function removeStaging(runTool: RunTool, staging: string): Promise<void> {
  const data = join(staging, 'data');
  const account = await accountOf(data).catch(() => undefined);
  if (account !== undefined) await removeOwnDirectory(runTool, data, account);
  await rm(staging, { recursive: true, force: true });
}
