import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
import { PRIVATE_FILE } from '../core/files.js';
import { withLibpqEnvironment } from '../core/libpq-environment.js';
import { tieToParent } from '../core/parent-death.js';
import { withTemporaryDirectory } from '../core/temporary-directory.js';
import type { CheckedRestore } from './check-restore.js';
import type { RestoreDeps, RestoreOptions } from './deps.js';
import { fillViews } from './fill-views.js';
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

/** Where, what, and by which program. */
interface Place extends CheckedRestore {
  readonly target: ConnectionTarget;
}

/**
 * Restores a backup into an empty database, analyzes it, and compares it with the backup.
 * @throws BkDbError TOOL_FAILED, VERIFY_MISMATCH, PERMISSION, CONNECTION_FAILED, or the abort reason.
 */
export async function fillDatabase(
  deps: RestoreDeps,
  options: RestoreOptions,
  place: Place,
): Promise<Filling> {
  const { signal, onProgress, pgTools, identityFile } = deps;
  const { target, plan } = place;
  const content = options.selection?.content ?? 'all';
  const access = { openTool: pgTools.openTool, signal, identityFile };
  const lap = stopwatch();
  const said = (await runRestore(deps, options, place)).split('\n').filter((line) => line !== '');
  for (const line of said) deps.onWarning(line);
  const restoreMs = lap();
  onProgress({ phase: 'analyzing' });
  const unfilled = await withDatabase(target, { signal }, async ({ sql }) => {
    if (content !== 'schema') await sql`analyze`;
    return fillViews({ sql, signal, onProgress }, plan.views);
  });
  const analyzeMs = lap();
  const proof =
    options.verify && plan.source.fingerprint
      ? await proveRestored({ target, access, signal, onProgress }, plan, options)
      : null;
  refuseMismatch([...unfilled, ...(proof?.mismatches ?? [])], options.backup, target.database);
  const warnings = [...plan.warnings, ...said];
  return { restoreMs, analyzeMs, proofMs: lap(), proof, warnings };
}

/** Runs pg_restore or psql. Returns what it said on stderr. */
async function runRestore(deps: RestoreDeps, options: RestoreOptions, place: Place): Promise<string> {
  const { entries } = place.plan;
  if (entries === undefined) return runTool(deps, options, place);
  return withTemporaryDirectory('list', async (directory) => {
    const list = join(directory, 'list');
    const lines = entries.map(({ dumpId, desc }) => `${dumpId}; ${desc}\n`);
    await writeFile(list, lines.join(''), { mode: PRIVATE_FILE });
    return runTool(deps, options, { ...place, list });
  });
}

async function runTool(
  { pgTools, signal, onProgress, identityFile }: RestoreDeps,
  { backup, jobs, ownership, selection }: RestoreOptions,
  { target, program, plan, list }: Place & { readonly list?: string },
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
      list,
      dataOnly: selection?.content === 'data',
      database: target.database,
      lcMonetary: backup.lcMonetary,
      ownership,
    });
    const progress = { phase: 'restoring', totalRows: plan.source.totals.rows ?? undefined, onProgress };
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
