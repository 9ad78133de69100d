import {
  explainDumpFailure,
  openData,
  stockPathOf,
  type ArchiveAccess,
  type RestoreSource,
} from '../backup/index.js';
import type { ConnectionTarget } from '../core/connection.js';
import { withCopyProgress } from '../core/copy-progress.js';
import { withDatabase } from '../core/database.js';
import { withLibpqEnvironment } from '../core/libpq-environment.js';
import { tieToParent } from '../core/parent-death.js';
import type { RestoreProgram } from './check-restore.js';
import type { RestoreDeps, RestoreOptions } from './deps.js';
import { filterScript } from './filter-script.js';
import { proveRestored, refuseMismatch } from './prove.js';
import { restoreTool, scriptTool } from './restore-tool.js';
import { stopwatch } from './stopwatch.js';
import type { Proof } from './types.js';

/** What came of filling a database, and how long each part took. */
export interface Filling {
  readonly restoreMs: number;
  readonly analyzeMs: number;
  readonly proofMs: number;
  /** Null when it was not wanted, or the backup has no fingerprints. */
  readonly proof: Proof | null;
  readonly warnings: readonly string[];
}

/** Where, and by which program. */
interface Place {
  readonly target: ConnectionTarget;
  readonly program: RestoreProgram;
}

/**
 * Restores a backup into an empty database, analyzes it, and compares it with the backup.
 * @throws BkDbError TOOL_FAILED, VERIFY_MISMATCH, PERMISSION, CONNECTION_FAILED, or the abort reason.
 */
export async function fillDatabase(
  deps: RestoreDeps,
  options: RestoreOptions,
  { target, program }: Place,
): Promise<Filling> {
  const { signal, onProgress, pgTools, identityFile } = deps;
  const { backup } = options;
  const access = { openTool: pgTools.openTool, signal, identityFile };
  const lap = stopwatch();
  const stderr = await runRestore(deps, options, { target, program });
  const restoreMs = lap();
  onProgress({ phase: 'analyzing' });
  await withDatabase(target, {}, ({ sql }) => sql`analyze`);
  const analyzeMs = lap();
  const proof =
    options.verify && backup.fingerprint
      ? await proveRestored({ target, access, signal, onProgress }, backup, options)
      : null;
  if (proof !== null) refuseMismatch(proof, backup, target.database);
  const warnings = stderr.split('\n').filter((line) => line !== '');
  return { restoreMs, analyzeMs, proofMs: lap(), proof, warnings };
}

/** Runs pg_restore or psql. Returns what it said on stderr. */
async function runRestore(
  { pgTools, signal, onProgress, identityFile }: RestoreDeps,
  { backup, jobs, ownership }: RestoreOptions,
  { target, program }: Place,
): Promise<string> {
  const tied = await tieToParent(pgTools.runTool);
  const archive = stockPathOf(backup);
  const access = { openTool: pgTools.openTool, signal, identityFile };
  const input = archive === undefined ? await openInput(access, backup, target) : undefined;
  const { stderr } = await withLibpqEnvironment(target, (environment) => {
    const toolOf = backup.format === 'plain' ? scriptTool : restoreTool;
    const tool = toolOf({
      path: program.path,
      environment,
      jobs,
      archive,
      database: target.database,
      lcMonetary: backup.lcMonetary,
      ownership,
    });
    const progress = { phase: 'restoring', totalRows: backup.totals.rows ?? undefined, onProgress };
    return withCopyProgress(target, progress, () => pgTools.runTool(tied(tool), { signal, input }));
  }).catch((error: unknown) => {
    throw explainDumpFailure(error);
  });
  return stderr;
}

/** What goes to the program's stdin. */
async function openInput(access: ArchiveAccess, source: RestoreSource, target: ConnectionTarget) {
  const data = openData(access, source);
  if (source.format !== 'plain') return data;
  const version = await withDatabase(target, {}, ({ serverVersion }) => Promise.resolve(serverVersion));
  return filterScript(data, { transactionTimeout: version >= 170_000 });
}
