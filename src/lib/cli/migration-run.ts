import { Flags } from '@oclif/core';
import { join } from 'node:path';
import { describeTarget } from '../core/connection.js';
import type { PgToolsDeps } from '../core/pg-tools.js';
import type { MigrateDeps, SchemaFile } from '../migrate/index.js';
import { confirmDestructive } from './confirm.js';
import type { Context } from './context.js';
import { durationFlag, migrationsDirFlag } from './flags.js';
import { formatDuration } from './format.js';

/** Flags of every command that runs migrations. */
export const migrationRunFlags = {
  'migrations-dir': migrationsDirFlag,
  wait: durationFlag({
    summary: 'wait this long for another run and for tables in use (default 5m; 0 gives up at once)',
  }),
  'lock-timeout': durationFlag({
    summary: 'limit for one attempt to lock a table, which is then repeated (default 1s; 0 no limit)',
  }),
  'statement-timeout': Flags.string({
    helpValue: 'D',
    summary: 'limit for each statement (BK_DB_STATEMENT_TIMEOUT, default none)',
  }),
} as const;

/** The folder of migrations in force: configured, or the one that ships with the package. */
export function migrationsDirOf(context: Context): string {
  return context.config.migrationsDir ?? join(context.packageRoot, 'sql', 'migrations');
}

/** The limits as the feature takes them, from the parsed flags. */
export function runLimitsOf(
  context: Context,
  flags: { readonly wait?: number | undefined; readonly 'lock-timeout'?: number | undefined },
) {
  return {
    waitMs: flags.wait,
    lockTimeoutMs: flags['lock-timeout'],
    statementTimeoutMs: context.config.pool.statementTimeoutMs,
  };
}

const PAST = { up: 'applied', down: 'reverted' } as const;

/** What the migrate functions need, from a command's context; each migration is told when it is committed. */
export async function migrateDeps(context: Context, toolVersion: string): Promise<Required<MigrateDeps>> {
  const { reporter, signal } = context;
  return {
    target: await context.target(),
    signal,
    toolVersion: `bk-db ${toolVersion}`,
    onNotice: (text) => reporter.note(text),
    onProgress: reporter.progress,
    onMigration: ({ file, durationMs }, direction) =>
      reporter.note(`${PAST[direction]} ${file} (${formatDuration(durationMs)})`),
  };
}

export interface RevertQuestion {
  readonly deps: MigrateDeps;
  /** Labels of the migrations. */
  readonly plan: readonly string[];
  readonly verb: 'Revert' | 'Redo';
  readonly yes: boolean;
}

/** Asks before migrations are reverted, naming them and the database; with nothing to revert there is no question. */
export async function confirmRevert({ deps, plan, verb, yes }: RevertQuestion): Promise<void> {
  if (plan.length === 0) return;
  await confirmDestructive({
    question: `${verb} ${plan.join(', ')} in ${describeTarget(deps.target)}, with the data that is lost by it?`,
    yes,
    input: process.stdin,
    output: process.stderr,
    signal: deps.signal,
  });
}

/** Brings the schema file up to date, where one is kept; for the result. */
export async function keepSchemaFile(
  context: Context,
  update: (pgTools: PgToolsDeps, path: string) => Promise<SchemaFile>,
): Promise<{ readonly schemaFile?: SchemaFile }> {
  const path = context.config.schemaFile;
  if (path === undefined) return {};
  const schemaFile = await update(await context.pgTools(), path);
  if (schemaFile.change !== 'none') context.reporter.note(`${schemaFile.change} ${path}`);
  return { schemaFile };
}
