import {
  explainDumpFailure,
  openData,
  readToc,
  refuseCorrupt,
  stockPathOf,
  verifyBackup,
  type Backup,
} from '../backup/index.js';
import { withDatabase as onDatabase, type ConnectionTarget } from '../core/connection.js';
import { withCopyProgress } from '../core/copy-progress.js';
import { withDatabase } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { withLibpqEnvironment } from '../core/libpq-environment.js';
import { tieToParent } from '../core/parent-death.js';
import { findToolFor, type PgStreamDeps } from '../core/pg-tools.js';
import type { OnProgress } from '../core/progress.js';
import { proveRestored } from './prove.js';
import { checkNeeds } from './preflight.js';
import { refuseOwnership, restoreTool, scriptTool, type OwnershipOptions } from './restore-tool.js';
import { checkTarget, createTarget, dropTarget, onMaintenance } from './target-database.js';
import type { Proof, RestoreResult } from './types.js';

export interface RestoreBackupDeps {
  /** The server; the database is named by the options. */
  readonly target: ConnectionTarget;
  readonly pgTools: PgStreamDeps;
  /** File of the private key (age's identity file), for an encrypted backup. */
  readonly identityFile?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface RestoreBackupOptions {
  readonly backup: Backup;
  /** Database to restore into: one that does not exist yet, or an empty one. */
  readonly into: string;
  readonly jobs: number;
  /** Compare the result with the backup; one without fingerprints cannot be compared. */
  readonly verify: boolean;
  readonly ownership: OwnershipOptions;
  /** Check everything, write nothing. */
  readonly dryRun: boolean;
}

/**
 * Restores a backup into a new or empty database and proves that it is the same. The backup is read through
 * before anything is written. A database that this made is dropped again when pg_restore fails or is interrupted.
 * @throws BkDbError BACKUP_CORRUPT, TARGET_NOT_EMPTY, NOT_FOUND (missing roles or extensions; all before any write), VERIFY_MISMATCH (the database is kept),
 *   TOOL_MISSING, TOOL_FAILED, PERMISSION, CONNECTION_FAILED, IO, or the abort reason.
 */
export async function restoreBackup(
  deps: RestoreBackupDeps,
  options: RestoreBackupOptions,
): Promise<RestoreResult> {
  const { backup, jobs } = options;
  const target = onDatabase(deps.target, options.into);
  const lap = stopwatch();
  if (backup.format === 'plain') refuseOwnership(options.ownership);
  const program = await findTool(deps, backup);
  const access = { ...deps, openTool: deps.pgTools.openTool };
  refuseCorrupt([await verifyBackup(access, { path: backup.path, concurrency: jobs })]);
  const { exists } = await checkTarget(target);
  const toc = await readToc(access, backup);
  if (toc !== undefined) await onMaintenance(target, (sql) => checkNeeds(sql, toc, options.ownership));
  const checkMs = lap();
  deps.signal.throwIfAborted();
  if (options.dryRun) return planned(options, { checkMs, exists });
  const created = !exists;
  if (created) await createTarget(target, backup, options.ownership.noOwner);
  const filled = await fill(deps, { target, program, options, lap }).catch(async (error: unknown) => {
    if (created) await dropTarget(target);
    throw error;
  });
  if (filled.proof !== null) refuseMismatch(filled.proof, backup, target.database);
  const { restoreMs, analyzeMs, proofMs, proof, warnings } = filled;
  return {
    id: backup.id,
    path: backup.path,
    sourceDatabase: backup.database,
    database: target.database,
    created,
    dryRun: false,
    replaced: null,
    durations: { checkMs, restoreMs, analyzeMs, proofMs, totalMs: checkMs + restoreMs + analyzeMs + proofMs },
    proof,
    warnings,
  };
}

function planned(
  { backup, into }: RestoreBackupOptions,
  { checkMs, exists }: { readonly checkMs: number; readonly exists: boolean },
): RestoreResult {
  return {
    id: backup.id,
    path: backup.path,
    sourceDatabase: backup.database,
    database: into,
    created: !exists,
    dryRun: true,
    replaced: null,
    durations: { checkMs, restoreMs: 0, analyzeMs: 0, proofMs: 0, totalMs: checkMs },
    proof: null,
    warnings: [],
  };
}

async function findTool({ pgTools }: RestoreBackupDeps, { format, toolVersions }: Backup): Promise<string> {
  const program = format === 'plain' ? 'psql' : 'pg_restore';
  const { path } = await findToolFor(pgTools, program, Number.parseInt(toolVersions.pgDump, 10));
  return path;
}

interface Filling {
  readonly target: ConnectionTarget;
  /** Full path of pg_restore or psql. */
  readonly program: string;
  readonly options: RestoreBackupOptions;
  readonly lap: () => number;
}

/** Restores, analyzes, and reads everything back. */
async function fill(
  { pgTools, signal, onProgress, identityFile }: RestoreBackupDeps,
  { target, program, options, lap }: Filling,
) {
  const { backup, jobs } = options;
  const tied = await tieToParent(pgTools.runTool);
  const archive = stockPathOf(backup);
  const access = { openTool: pgTools.openTool, signal, identityFile };
  const input = archive === undefined ? openData(access, backup) : undefined;
  const { stderr } = await withLibpqEnvironment(target, (environment) => {
    const toolOf = backup.format === 'plain' ? scriptTool : restoreTool;
    const tool = toolOf({
      path: program,
      environment,
      jobs,
      archive,
      database: target.database,
      lcMonetary: backup.lcMonetary,
      ownership: options.ownership,
    });
    const progress = { phase: 'restoring', totalRows: backup.totals.rows ?? undefined, onProgress };
    return withCopyProgress(target, progress, () => pgTools.runTool(tied(tool), { signal, input }));
  }).catch((error: unknown) => {
    throw explainDumpFailure(error);
  });
  const restoreMs = lap();
  onProgress({ phase: 'analyzing' });
  await withDatabase(target, {}, ({ sql }) => sql`analyze`);
  const analyzeMs = lap();
  const proof =
    options.verify && backup.fingerprint
      ? await proveRestored({ target, signal, onProgress }, options.backup, options.jobs)
      : null;
  const warnings = stderr.split('\n').filter((line) => line !== '');
  return { restoreMs, analyzeMs, proofMs: lap(), proof, warnings };
}

function refuseMismatch(proof: Proof, backup: Backup, database: string): void {
  const [first] = proof.mismatches;
  if (first === undefined) return;
  const more = proof.mismatches.length > 1 ? `, and ${proof.mismatches.length - 1} more differences` : '';
  throw new BkDbError(
    'VERIFY_MISMATCH',
    `what is in database ${database} is not what is in backup ${backup.id}: ${first.kind} ${first.name}: ${first.problem}${more}`,
    {
      hint: `The database is kept for you to look at; drop it before you restore again.`,
      details: { database, backup: backup.id, mismatches: proof.mismatches },
    },
  );
}

/** Milliseconds since the last call. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const ms = Math.round(now - last);
    last = now;
    return ms;
  };
}
