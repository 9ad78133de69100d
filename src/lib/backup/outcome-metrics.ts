import type { ErrorCode } from '../core/errors.js';
import type { Backup } from './types.js';

/** How one run of `backup` ended. */
export interface RunOutcome {
  /** Undefined when the run failed before it knew which database is meant. */
  readonly database: string | undefined;
  readonly endedAt: Date;
  readonly durationMs: number;
  readonly exitStatus: number;
  /** Undefined after a success. */
  readonly code: ErrorCode | undefined;
  /** The newest whole backup in the store, whichever run took it. */
  readonly newest: Backup | undefined;
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The outcome in Prometheus' text format. Pure. */
export function renderOutcome(outcome: RunOutcome): string {
  const { newest } = outcome;
  const own = outcome.database === undefined ? {} : { database: outcome.database };
  const family = (name: string, help: string, samples: readonly Sample[]) =>
    samples.length === 0 ? [] : linesOf(`bk_db_backup_run_${name}`, help, own, samples);
  return [
    ...family('timestamp_seconds', 'When the latest run ended.', [{ value: seconds(outcome.endedAt) }]),
    ...family('success', 'Whether the latest run ended well.', [{ value: outcome.exitStatus === 0 ? 1 : 0 }]),
    ...family('exit_status', 'Exit status of the latest run.', [
      { value: outcome.exitStatus, labels: { code: outcome.code ?? '' } },
    ]),
    ...family('total_duration_seconds', 'How long the latest run took.', [
      { value: outcome.durationMs / 1000 },
    ]),
    ...newestFamilies(newest, family),
    '',
  ].join('\n');
}

function newestFamilies(
  newest: Backup | undefined,
  family: (name: string, help: string, samples: readonly Sample[]) => string[],
): string[] {
  if (newest === undefined) return [];
  const { preflightMs, dumpMs, readMs } = newest.durations;
  const phases = { preflight: preflightMs, dump: dumpMs, read: readMs };
  return [
    ...family('last_success_timestamp_seconds', 'When the newest backup was finished.', [
      { value: seconds(new Date(newest.finishedAt)) },
    ]),
    ...family('size_bytes', 'Size of the newest backup.', [{ value: newest.totals.sizeBytes }]),
    ...family(
      'rows',
      'Rows that the newest backup holds.',
      newest.totals.rows === null ? [] : [{ value: newest.totals.rows }],
    ),
    ...family(
      'duration_seconds',
      'How long the phases of the newest backup took.',
      Object.entries(phases).map(([phase, ms]) => ({ value: ms / 1000, labels: { phase } })),
    ),
  ];
}

function linesOf(
  name: string,
  help: string,
  own: Readonly<Record<string, string>>,
  samples: readonly Sample[],
): string[] {
  const lines = samples.map(({ labels, value }) => `${name}${labelsOf({ ...own, ...labels })} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function seconds(time: Date): number {
  return time.getTime() / 1000;
}
