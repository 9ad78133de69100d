import type { TocEntry } from '../backup/index.js';
import { quoteQualified, type Sql } from '../core/database.js';
import type { OnProgress } from '../core/progress.js';
import type { Mismatch } from './types.js';

export interface FillViewsDeps {
  readonly sql: Sql;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/**
 * Fills materialized views, each on its own: pg_restore would give up at the first that fails. The search path is empty
 * first, as pg_dump has it, then the database's own: functions of a view may name tables without their schema.
 * @returns the views that could not be filled.
 */
export async function fillViews(
  { sql, signal, onProgress }: FillViewsDeps,
  views: readonly TocEntry[],
): Promise<Mismatch[]> {
  const failed: Mismatch[] = [];
  for (const [done, { namespace, tag }] of views.entries()) {
    signal.throwIfAborted();
    onProgress({ phase: 'filling materialized views', done, total: views.length, unit: 'tables' });
    const statement = `refresh materialized view ${quoteQualified(namespace ?? '', tag)}`;
    const problem = (await tryWith(sql, "''", statement)) && (await tryWith(sql, 'default', statement));
    if (problem !== undefined)
      failed.push({
        kind: 'materialized view',
        name: `${namespace}.${tag}`,
        problem: `it cannot be filled: ${problem}`,
      });
  }
  return failed;
}

/** What went wrong; undefined when nothing did. */
async function tryWith(sql: Sql, searchPath: string, statement: string): Promise<string | undefined> {
  try {
    await sql.unsafe(`set search_path to ${searchPath}`);
    await sql.unsafe(statement);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
