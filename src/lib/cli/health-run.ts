import type { HealthDeps, ToolkitDeps } from '../health/index.js';
import type { Context } from './context.js';
import { migrationsDirOf } from './migration-run.js';

/** Where this project's migrations and backups are, and which of that somebody configured. */
async function toolkitDeps(context: Context): Promise<ToolkitDeps> {
  const { backupDir, effective, migrationsDir } = context.config;
  const store = effective.find(({ name }) => name === 'backupDir');
  return {
    migrations: { directory: migrationsDirOf(context), configured: migrationsDir !== undefined },
    backups: { directory: backupDir, configured: store?.origin !== 'default' },
    pgTools: await context.pgTools(),
  };
}

/** What the health functions need, from a command's context. */
export async function healthDeps(context: Context): Promise<HealthDeps> {
  return {
    target: await context.target(),
    pool: context.config.pool,
    signal: context.signal,
    toolkit: await toolkitDeps(context),
  };
}
