import type { Database, Sql, TransactionSql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { runTransaction } from '../core/transaction.js';
import { isServerError, toBkDbError } from '../core/to-error.js';
import { COLLECTORS, type CollectorName } from './collectors/all.js';
import type { Collector, Tier } from './collectors/collector.js';
import { readServer, type Limits, type ServerFacts } from './collectors/server.js';
import { tierOf } from './sections.js';
import type { Section, Snapshot } from './snapshot.js';

/** No query of ours waits long for a lock or runs long, whatever it meets. */
const LIMITS: Readonly<Record<Tier, Limits>> = {
  fast: { statementMs: 1_000, lockMs: 100 },
  slow: { statementMs: 5_000, lockMs: 100 },
  deep: { statementMs: 10_000, lockMs: 100 },
};

/**
 * Reads the asked sections over one connection: the fast ones in one transaction, each slower one in its own.
 * A section that cannot be read says why and takes no other with it.
 * @throws BkDbError CONNECTION_FAILED when the server goes away meanwhile.
 */
export async function takeSnapshot(
  { sql }: Pick<Database, 'sql'>,
  names: readonly CollectorName[],
): Promise<Snapshot> {
  const fast = names.filter((name) => tierOf(name) === 'fast');
  const { server, sections } = await readFast(sql, fast);
  for (const name of names.filter((candidate) => tierOf(candidate) !== 'fast')) {
    sections.push([name, await readAlone(sql, name)]);
  }
  return { server, sections: Object.fromEntries(sections) };
}

type NamedSection = [CollectorName, Section<unknown>];

async function readFast(
  sql: Sql,
  names: readonly CollectorName[],
): Promise<{ server: ServerFacts; sections: NamedSection[] }> {
  try {
    return await inTransaction(sql, LIMITS.fast, async (transaction, server) => ({
      server,
      sections: await Promise.all(
        names.map(async (name) => [name, await readSection(transaction, server, name)] as NamedSection),
      ),
    }));
  } catch (error) {
    if (!isServerError(error)) throw error;
    return readFastOneByOne(sql, names);
  }
}

/** One failure ends the common transaction; then each section gets its own. */
async function readFastOneByOne(sql: Sql, names: readonly CollectorName[]) {
  const server = await inTransaction(sql, LIMITS.fast, (_, facts) => Promise.resolve(facts));
  const sections: NamedSection[] = [];
  for (const name of names) sections.push([name, await readAlone(sql, name)]);
  return { server, sections };
}

/**
 * Reads one section in a transaction of its own.
 * @throws BkDbError CONNECTION_FAILED; what the server refuses is the section's reason.
 */
export async function readAlone(sql: Sql, name: CollectorName): Promise<Section<unknown>> {
  try {
    return await inTransaction(sql, LIMITS[tierOf(name)], (transaction, server) =>
      readSection(transaction, server, name),
    );
  } catch (error) {
    const failure = toBkDbError(error);
    if (!isServerError(error) || failure.code === 'CONNECTION_FAILED') throw failure;
    return { state: 'failed', reason: failure.message };
  }
}

async function readSection(
  transaction: TransactionSql,
  server: ServerFacts,
  name: CollectorName,
): Promise<Section<unknown>> {
  const collector: Collector<unknown> = COLLECTORS[name];
  const absent = collector.absent?.(server);
  if (absent !== undefined) return { state: 'absent', reason: absent };
  return { state: 'collected', data: await collector.collect(transaction, server) };
}

async function inTransaction<T>(
  sql: Sql,
  limits: Limits,
  work: (transaction: TransactionSql, server: ServerFacts) => Promise<T>,
): Promise<T> {
  return runTransaction(
    sql,
    async (transaction) => work(transaction, await readServer(transaction, limits)),
    {
      readOnly: true,
      retries: 0,
    },
  );
}

/**
 * Ends the wait for a server that accepted the connection and then fell silent, and for an abort.
 * @throws BkDbError CONNECTION_FAILED after `ms`; the signal's reason when it is aborted.
 */
export async function withDeadline<T>(ms: number, signal: AbortSignal | undefined, work: Promise<T>) {
  let stop: () => void = () => undefined;
  const end = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(
        new BkDbError('CONNECTION_FAILED', `the server did not answer within ${ms / 1000} s`, {
          hint: 'It accepts connections but is stuck: look at its processes, its disk and its log.',
        }),
      );
    }, ms);
    const abort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    stop();
  }
}
