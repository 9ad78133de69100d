import { BkDbError } from '../core/errors.js';
import { sqlStateMeaning } from '../core/sqlstate.js';
import { isServerError } from '../core/to-error.js';
import { placeOf, pointAt } from './place.js';
import type { Script } from './script.js';

/** Where a script failed, and what became of what it had done. */
export interface FailureContext {
  readonly script: Script;
  /** The migration's label, such as `0003_orders`. */
  readonly label: string;
  /** Offset in the script's text where the server points, or where the failed statement begins. */
  readonly offset: number | undefined;
  /** What is left of the script, such as `rolled back`. */
  readonly outcome: string;
}

/**
 * A failed statement of a migration, pointed at: file, line, column, the line and a caret.
 * What is no answer of the server, such as a lost connection, is returned as it is.
 */
export function migrationFailure(error: unknown, context: FailureContext): unknown {
  if (!isServerError(error)) return error;
  const { script, label, outcome } = context;
  const offset = context.offset ?? script.statements.at(-1)?.start ?? 0;
  const place = placeOf(script.text, offset);
  const where = error.where === undefined ? [] : [`context: ${error.where}`];
  const report = [
    `${script.path}:${place.line}:${place.column}`,
    pointAt(script.text, offset),
    ...where,
    `SQLSTATE ${error.code}; ${outcome}`,
  ].join('\n');
  return new BkDbError(
    'MIGRATION_FAILED',
    `migration ${label} failed at ${script.file}:${place.line}:${place.column}: ${error.message}`,
    {
      hint:
        error.hint ?? sqlStateMeaning(error.code)?.hint ?? 'Correct the file and run the same command again.',
      details: {
        migration: label,
        file: script.path,
        ...place,
        sqlState: error.code,
        ...(error.detail === undefined ? {} : { detail: error.detail }),
        outcome,
        report,
      },
      cause: error,
    },
  );
}

/** A script that is refused before anything of it ran. */
export function scriptRefused(
  script: Script,
  offset: number,
  { reason, hint }: { readonly reason: string; readonly hint: string },
): BkDbError {
  const place = placeOf(script.text, offset);
  const outcome = 'nothing was run';
  const report = [`${script.path}:${place.line}:${place.column}`, pointAt(script.text, offset), outcome].join(
    '\n',
  );
  return new BkDbError('MIGRATION_FAILED', `${script.file}:${place.line}:${place.column}: ${reason}`, {
    hint,
    details: { file: script.path, ...place, outcome, report },
  });
}
