import type { RestoreOptions } from './deps.js';
import type { Filling } from './fill-database.js';
import type { RestoreResult } from './types.js';

export interface ResultParts {
  readonly checkMs: number;
  readonly created: boolean;
  /** Absent when nothing was written. */
  readonly filling?: Filling;
  readonly replaced?: string;
}

/** Puts together what a restore, or its dry run, reports. */
export function restoreResult(
  { backup, into }: RestoreOptions,
  { checkMs, created, filling, replaced }: ResultParts,
): RestoreResult {
  const { restoreMs, analyzeMs, proofMs } = filling ?? { restoreMs: 0, analyzeMs: 0, proofMs: 0 };
  return {
    id: backup.id,
    path: backup.foreign?.name ?? backup.path,
    sourceDatabase: backup.database,
    foreign: backup.foreign?.description ?? null,
    format: backup.format,
    database: into,
    created,
    dryRun: filling === undefined,
    replaced: replaced ?? null,
    durations: { checkMs, restoreMs, analyzeMs, proofMs, totalMs: checkMs + restoreMs + analyzeMs + proofMs },
    proof: filling?.proof ?? null,
    warnings: [...(filling?.warnings ?? [])],
  };
}
