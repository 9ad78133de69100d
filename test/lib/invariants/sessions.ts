import { expect } from 'vitest';
import type { Queryable, Sql } from '../../../src/lib/core/database.js';

type Work = (connection: Queryable) => Promise<unknown>;

/** Runs the work on so many connections at the same moment; connecting is over before. */
export async function atOnce<T>(
  sql: Sql,
  count: number,
  work: (connection: Queryable, index: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  const connections = await Promise.all(Array.from({ length: count }, () => sql.reserve()));
  try {
    return await Promise.allSettled(connections.map((connection, index) => work(connection, index)));
  } finally {
    for (const connection of connections) connection.release();
  }
}

/**
 * Runs the first transaction up to its commit, starts the second, waits until the server says that it waits for the
 * first, and only then commits the first. A second one that does not wait fails the test.
 * @returns what the second threw, or undefined.
 */
export async function behind(sql: Sql, first: Work, second: Work): Promise<unknown> {
  const [ahead, late] = await Promise.all([sql.reserve(), sql.reserve()]);
  let outcome: Promise<unknown> | undefined;
  try {
    const [row] = await late<{ pid: number }[]>`select pg_backend_pid() as pid`;
    await ahead`begin`;
    await first(ahead);
    outcome = second(late).then(
      () => undefined,
      (error: unknown) => error,
    );
    await expect.poll(() => isBlocked(sql, row?.pid ?? 0), { interval: 5, timeout: 5_000 }).toBe(true);
    await ahead`commit`;
    return await outcome;
  } finally {
    // After a failure the first is still open, and may hold up the second.
    await ahead`rollback`;
    await outcome;
    ahead.release();
    late.release();
  }
}

/** Runs each work in a transaction, all of them up to the commit, then commits them at the same moment. */
export async function commitAtOnce(
  sql: Sql,
  works: readonly Work[],
): Promise<PromiseSettledResult<unknown>[]> {
  const connections = await Promise.all(works.map(() => sql.reserve()));
  try {
    for (const [index, connection] of connections.entries()) {
      await connection`begin`;
      await works[index]?.(connection);
    }
    return await Promise.allSettled(connections.map((connection) => connection`commit`));
  } finally {
    for (const connection of connections) {
      await connection`rollback`;
      connection.release();
    }
  }
}

/** How many went through, and the SQLSTATEs of the others. */
export function tally(results: readonly PromiseSettledResult<unknown>[]): { done: number; codes: string[] } {
  return {
    done: results.filter(({ status }) => status === 'fulfilled').length,
    codes: results.flatMap((result) =>
      result.status === 'rejected' ? [String((result.reason as { code?: unknown }).code)] : [],
    ),
  };
}

async function isBlocked(sql: Sql, pid: number): Promise<boolean> {
  const [row] = await sql<
    { blocked: boolean }[]
  >`select cardinality(pg_blocking_pids(${pid})) > 0 as blocked`;
  return row?.blocked ?? false;
}
