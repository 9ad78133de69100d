import { BkDbError } from '../core/errors.js';
import { plural } from '../core/format.js';
import { listRejects } from '../core/reject-list.js';
import type { TargetTable } from './target-table.js';
import type { RejectedRow } from './types.js';

interface Refused {
  readonly input: { readonly name: string };
  readonly options: { readonly maxErrors: number };
}

interface Rejects {
  readonly totals: { readonly rejected: number; readonly records: number };
  readonly rejects: readonly RejectedRow[];
}

/** The error of an import that loads nothing because of these rows. */
export function refuseRows({ input }: Refused, table: TargetTable, { totals, rejects }: Rejects): BkDbError {
  const count = plural(totals.rejected, 'row does', 'rows do');
  return new BkDbError('DATA_REJECTED', `${count} not fit into ${table.label}; nothing was loaded`, {
    hint: 'Mend them, or load the others with --on-error reject, which sets these aside.',
    details: {
      ...totals,
      file: input.name,
      table: table.label,
      rejects,
      report: listRejects(rejects, totals.rejected),
    },
  });
}

/** The error of an import that had more bad rows than it was allowed. */
export function tooMany(
  { input, options }: Refused,
  table: TargetTable,
  { totals, rejects }: Rejects,
): BkDbError {
  return new BkDbError(
    'DATA_REJECTED',
    `more than ${plural(options.maxErrors, 'row does', 'rows do')} not fit into ${table.label}; nothing was loaded`,
    {
      hint: 'Raise --max-errors if so many are expected.',
      details: {
        ...totals,
        file: input.name,
        table: table.label,
        rejects,
        report: listRejects(rejects, totals.rejected),
      },
    },
  );
}
