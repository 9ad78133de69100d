import { BkDbError, type ErrorCode } from '../core/errors.js';

/** One thing that stands in a restore's way. */
export interface Problem {
  readonly code: ErrorCode;
  /** What the server lacks, in words. */
  readonly missing: string;
  /** What to do about it, a clause without capital and full stop. */
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** @throws BkDbError with the code of the first problem, naming all of them. */
export function refuseProblems(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const remedies = [...new Set(problems.map(({ remedy }) => remedy))].join('; ');
  throw new BkDbError(
    first.code,
    `the server lacks what the backup needs: ${problems.map(({ missing }) => missing).join('; ')}`,
    {
      hint: `${remedies.charAt(0).toUpperCase()}${remedies.slice(1)}. Nothing was written.`,
      details: Object.assign({}, ...problems.map(({ details }) => details)) as Record<string, unknown>,
    },
  );
}

/** `role a`, or `roles a, b`. */
export function listOf(noun: string, names: readonly string[]): string {
  return `${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}
