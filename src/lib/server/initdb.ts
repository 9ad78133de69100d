import { join } from 'node:path';
import { BkDbError } from '../core/errors.js';
import type { PgInstallation } from '../core/pg-tools.js';
import type { Tool } from '../core/process.js';
import type { ServerAccount } from './account.js';
import { SERVER_USER } from './credentials.js';
import type { ServerSettings } from './server-settings.js';
import type { ServerDeps } from './types.js';

export interface Initialization {
  readonly programs: PgInstallation;
  readonly account: ServerAccount;
  readonly settings: ServerSettings;
  readonly data: string;
  readonly pwfile: string;
}

/** Runs initdb: passwords for every connection, checksums, UTF-8. @throws BkDbError TOOL_FAILED */
export async function initialize(deps: ServerDeps, options: Initialization): Promise<void> {
  const run = (locale: string) => deps.runTool(initdbTool(options, locale), { signal: deps.signal });
  try {
    await run('C.UTF-8');
  } catch (error) {
    if (!isUnknownLocale(error)) throw error;
    await run('C');
  }
}

/** The arguments of initdb. Pure. */
function initdbTool(options: Initialization, locale: string): Tool {
  const args = [
    `--pgdata=${options.data}`,
    `--username=${SERVER_USER}`,
    `--pwfile=${options.pwfile}`,
    '--auth-local=scram-sha-256',
    '--auth-host=scram-sha-256',
    '--encoding=UTF8',
    `--locale=${locale}`,
    '--data-checksums',
    ...(options.settings['fsync'] === 'off' ? ['--no-sync'] : []),
  ];
  const identity = options.account === undefined ? {} : { identity: options.account };
  return { command: join(options.programs.directory, 'initdb'), args, cwd: '/', ...identity };
}

/** macOS before 14 and some small systems lack C.UTF-8. */
function isUnknownLocale(error: unknown): boolean {
  return (
    error instanceof BkDbError &&
    error.code === 'TOOL_FAILED' &&
    JSON.stringify(error.details['stderr']).includes('invalid locale')
  );
}
