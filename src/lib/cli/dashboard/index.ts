import { setTimeout as sleep } from 'node:timers/promises';
import { describeTarget, type ConnectionTarget } from '../../core/connection.js';
import { toBkDbError } from '../../core/to-error.js';
import type { Watcher } from '../../health/index.js';
import { plural } from '../format.js';
import type { Reporter } from '../reporter.js';
import { verdictWord } from '../views/health.js';
import { runDashboard } from './run.js';

export interface WatchOptions {
  readonly reporter: Reporter;
  readonly target: ConnectionTarget;
  readonly signal: AbortSignal;
  readonly everyMs: number;
  readonly readOnly: boolean;
  readonly isAscii: boolean;
  readonly cwd: string;
}

/** The live screen on a terminal, elsewhere one line per look; until it is stopped. */
export async function watchHealth(watcher: Watcher, options: WatchOptions): Promise<void> {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY || env['TERM'] === 'dumb') return printLooks(watcher, options);
  const { reporter, target, ...rest } = options;
  const terminal = { input: stdin, output: stdout, paint: reporter.paint };
  await runDashboard({ watcher, ...terminal, ...rest, place: describeTarget(target) });
}

async function printLooks(watcher: Watcher, { reporter, signal, everyMs }: WatchOptions): Promise<void> {
  for (;;) {
    reporter.data(await lookLine(watcher, signal));
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

async function lookLine(watcher: Watcher, signal: AbortSignal): Promise<string> {
  try {
    const { report, pendingChecks } = await watcher.look();
    const { verdict, takenAt } = report;
    const pending = pendingChecks === 0 ? null : `${plural(pendingChecks, 'check')} still to come`;
    const words = [takenAt, verdictWord(verdict, pendingChecks), verdict.summary, pending, verdict.headline];
    return words.filter((word) => word !== null).join('  ');
  } catch (error) {
    signal.throwIfAborted();
    return `${new Date().toISOString()}  UNREACHABLE  ${toBkDbError(error).message}`;
  }
}
