import { BkDbError } from '../core/errors.js';
import { writeFileAtomic } from '../core/files.js';
import type { Secret } from '../core/secret.js';
import { sendPing } from '../core/send-ping.js';
import { toBkDbError } from '../core/to-error.js';
import { readStore } from './catalogue.js';
import { isWhole } from './find-backup.js';
import { renderOutcome, type RunOutcome } from './outcome-metrics.js';
import { pingUrlOf, type PingEvent } from './ping-url.js';
import type { Backup, CreatedBackup } from './types.js';

export interface ReportRunDeps {
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onWarning: (text: string) => void;
}

export interface ReportRunOptions {
  /** The store. */
  readonly directory: string;
  /** Asked when the run has ended: the embedded server's database is known only then. */
  readonly database: () => string | undefined;
  /** File for node_exporter's textfile collector. */
  readonly textfile: string | undefined;
  /** Told of the start and the end; see {@link pingUrlOf}. */
  readonly pingUrl: Secret | undefined;
}

/** What monitoring may cost a backup at most, at its end; its start is told while it works. */
const PING_TIMEOUT_MS = 3_000;
/** node_exporter runs as another user. */
const READABLE = 0o644;

/**
 * Runs the backup and tells monitoring how it went, after a success as after a failure or a signal. Monitoring that
 * cannot be told is a warning: it neither fails nor delays a backup.
 */
export async function reportRun<Result extends CreatedBackup>(
  deps: ReportRunDeps,
  options: ReportRunOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const begun = performance.now();
  const started = ping(deps, options, 'start');
  const finish = async (error: BkDbError | undefined) => {
    const outcome = {
      database: options.database(),
      endedAt: deps.now(),
      durationMs: Math.round(performance.now() - begun),
      exitStatus: error?.exitStatus ?? 0,
      code: error?.code,
    };
    await started;
    await Promise.all([writeOutcome(deps, options, outcome), pingEnd(deps, options, outcome)]);
  };
  try {
    const backup = await work();
    await finish(undefined);
    return backup;
  } catch (error) {
    const { reason } = deps.signal as { readonly reason: unknown };
    await finish(deps.signal.aborted && reason instanceof BkDbError ? reason : toBkDbError(error));
    throw error;
  }
}

/** Writes the metrics of a run that failed before it could begin, because its configuration does not parse. */
export async function reportUnstarted(
  deps: Omit<ReportRunDeps, 'signal'>,
  textfile: string | undefined,
  error: unknown,
): Promise<void> {
  const { code, exitStatus } = toBkDbError(error);
  const outcome = { database: undefined, endedAt: deps.now(), durationMs: 0, exitStatus, code };
  await writeOutcome(deps, { textfile, directory: '' }, outcome);
}

async function writeOutcome(
  { onWarning }: Pick<ReportRunDeps, 'onWarning'>,
  { textfile, directory }: Pick<ReportRunOptions, 'textfile' | 'directory'>,
  outcome: Omit<RunOutcome, 'newest'>,
): Promise<void> {
  if (textfile === undefined) return;
  try {
    const newest = await newestOf(directory, outcome.database);
    await writeFileAtomic(textfile, renderOutcome({ ...outcome, newest }), READABLE);
  } catch (error) {
    onWarning(`the metrics file ${textfile} was not written: ${toBkDbError(error).message}`);
  }
}

/** A store that cannot be read has no newest backup; that is what the metrics are to say. */
async function newestOf(directory: string, database: string | undefined): Promise<Backup | undefined> {
  if (database === undefined) return undefined;
  const { backups } = await readStore(directory).catch(() => ({ backups: [] }));
  return backups.find((backup) => backup.database === database && isWhole(backup));
}

async function pingEnd(
  deps: ReportRunDeps,
  options: ReportRunOptions,
  { exitStatus, code, durationMs }: Omit<RunOutcome, 'newest'>,
): Promise<void> {
  const text = code === undefined ? `ended well after ${durationMs} ms` : `${code}, status ${exitStatus}`;
  await ping(deps, options, code === undefined ? 'success' : 'fail', text);
}

async function ping(
  { onWarning }: ReportRunDeps,
  { pingUrl }: ReportRunOptions,
  event: PingEvent,
  text = '',
): Promise<void> {
  if (pingUrl === undefined) return;
  const problem = await sendPing(pingUrlOf(pingUrl.reveal(), event), text, PING_TIMEOUT_MS);
  if (problem !== undefined) onWarning(`monitoring was not told of the ${event}: ${problem}`);
}
