import { withDatabase } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { findToolFor } from '../core/pg-tools.js';
import type { RunTool } from '../core/process.js';
import { checkLocks } from './check-locks.js';
import { checkProgram, checkRecipients, hasProgram } from './check-programs.js';
import { checkReadable } from './check-rights.js';
import { GZIP, ZSTD, type Compression, type CompressionChoice } from './compression.js';
import type { CreateBackupDeps, CreateBackupOptions } from './create-backup.js';
import { planDump, programNeeded, type DumpPlan } from './dump-plan.js';
import { checkFreeSpace } from './free-space.js';

/** Everything known before the first byte is written. */
export interface Preflight {
  readonly plan: DumpPlan;
  /** Full path of pg_dump, and its version. */
  readonly pgDump: { readonly path: string; readonly version: string };
  /** Full path of pg_dumpall; undefined where it is not needed. */
  readonly pgDumpAll: string | undefined;
}

/** pg_dump compresses with zstd itself since. */
const FIRST_WITH_ZSTD = 16;

/** Refuses, before anything is written, what cannot end well. */
export async function preflight(
  { target, pgTools }: CreateBackupDeps,
  options: CreateBackupOptions,
): Promise<Preflight> {
  const recipients = options.recipients ?? [];
  return withDatabase(target, {}, async (database) => {
    const major = Math.floor(database.serverVersion / 10_000);
    const pgDump = await findToolFor(pgTools, 'pg_dump', major);
    if (options.format === 'csv' && options.selection !== undefined) throw wholeOnly();
    const plan = planDump({
      format: options.format ?? (recipients.length > 0 ? 'custom' : 'directory'),
      compression:
        options.format === 'csv' && (options.compression ?? 'auto') === 'auto'
          ? GZIP
          : await resolve(options.compression ?? 'auto', pgDump.major, pgTools.runTool),
      major: pgDump.major,
      recipients,
      jobs: options.jobs,
      fingerprint: options.fingerprint ?? true,
    });
    const program = programNeeded(plan.compression);
    if (program !== undefined) await checkProgram(pgTools.runTool, program, `compression ${program}`);
    await checkRecipients(pgTools.runTool, recipients);
    await checkReadable(database, options.selection);
    // How many locks a part needs is known only to pg_dump.
    if (options.selection === undefined) await checkLocks(database.sql);
    await checkFreeSpace(options.directory, target.database, plan);
    const pgDumpAll = options.globals === true ? await findToolFor(pgTools, 'pg_dumpall', major) : undefined;
    return { plan, pgDump, pgDumpAll: pgDumpAll?.path };
  });
}

function wholeOnly(): BkDbError {
  return new BkDbError('USAGE', 'a csv backup is of all tables', {
    hint: '`bk-db csv export TABLE...` writes single tables.',
  });
}

async function resolve(choice: CompressionChoice, major: number, runTool: RunTool): Promise<Compression> {
  if (choice !== 'auto') return choice;
  const zstd = major >= FIRST_WITH_ZSTD && (await hasProgram(runTool, 'zstd'));
  return zstd ? ZSTD : GZIP;
}
