import { formatCount, formatTime, plural } from '../../core/format.js';
import { defineCheck, found, grade, ok, skipped } from '../check.js';
import type { DatabaseFacts } from '../collectors/databases.js';

/** Fewer than these say nothing about a ratio. */
const MIN_BLOCKS = 10_000;
const MIN_TRANSACTIONS = 1_000;

/** Counters run from the last reset, or from the creation of the database when there was none. */
function since({ statsSince }: DatabaseFacts): string {
  return statsSince === null ? 'since the statistics began' : `since ${formatTime(statsSince.toISOString())}`;
}

const cacheHit = defineCheck({
  id: 'cache.hit',
  title: 'cache hit ratio',
  needs: ['databases'],
  threshold: { warning: 90, critical: null, unit: 'percent' },
  why: 'The share of blocks found in shared_buffers. What is not found there may still come from the cache of the operating system, so a low ratio is a hint and no defect.',
  advice: 'Look for queries that read much (pg_stat_statements), then at shared_buffers.',
  evaluate: ({ databases, threshold }) => {
    const connected = databases.find((database) => database.connected);
    if (connected === undefined) return skipped('the connected database is not listed');
    const total = connected.blocksHit + connected.blocksRead;
    if (total < MIN_BLOCKS) return skipped(`too few blocks read so far (${formatCount(total)})`);
    const percent = Math.floor((connected.blocksHit / total) * 1000) / 10;
    const summary = `${percent} % of blocks found in shared buffers ${since(connected)}`;
    // The lower the worse, so the limit is a floor; and it is never more than advice.
    if (percent >= (threshold.warning ?? 0)) return ok(summary);
    return found('info', summary, {
      evidence: [{ database: connected.name, hit: connected.blocksHit, read: connected.blocksRead }],
      remedy: 'Look for the queries that read most, then at shared_buffers.',
      sql: ['select query, shared_blks_read from pg_stat_statements order by 2 desc limit 10;'],
    });
  },
});

const rollbacks = defineCheck({
  id: 'txn.rollback',
  title: 'share of rolled back transactions',
  needs: ['databases'],
  threshold: { warning: 10, critical: null, unit: 'percent' },
  why: 'Many rollbacks mean many failing statements, or an application that gives up transactions. Counted since the last reset, so it is advice and no alarm.',
  advice: "Look at the errors in the server's log and in the application.",
  evaluate: ({ databases, threshold }) => {
    const busy = databases.filter(({ commits, rollbacks: undone }) => commits + undone >= MIN_TRANSACTIONS);
    if (busy.length === 0) return skipped('too few transactions so far');
    const percentOf = (database: DatabaseFacts) =>
      Math.round((database.rollbacks / (database.commits + database.rollbacks)) * 1000) / 10;
    const [worst] = busy.toSorted((a, b) => percentOf(b) - percentOf(a));
    if (worst === undefined) return skipped('too few transactions so far');
    const summary = `${percentOf(worst)} % of transactions rolled back in ${worst.name} ${since(worst)}`;
    if (grade(percentOf(worst), threshold) === 'ok') return ok(summary);
    return found('info', summary, {
      evidence: [{ database: worst.name, commits: worst.commits, rollbacks: worst.rollbacks }],
      remedy: "Look at the errors in the server's log and in the application.",
    });
  },
});

const deadlocks = defineCheck({
  id: 'lock.deadlocks',
  title: 'deadlocks',
  needs: ['databases'],
  why: 'Each deadlock is a transaction that the server gave up because two sessions waited for each other. Counted since the last reset, so it is advice and no alarm.',
  advice: 'Let every transaction lock its rows in the same order, and retry on SQLSTATE 40P01.',
  evaluate: ({ databases }) => {
    const struck = databases
      .filter((database) => database.deadlocks > 0)
      .sort((a, b) => b.deadlocks - a.deadlocks);
    const [worst] = struck;
    if (worst === undefined) return ok('no deadlock is counted');
    return found('info', `${plural(worst.deadlocks, 'deadlock')} in ${worst.name} ${since(worst)}`, {
      evidence: struck
        .slice(0, 5)
        .map((database) => ({ database: database.name, deadlocks: database.deadlocks })),
      remedy: "The server's log names both sides of each; let them lock in the same order.",
    });
  },
});

const checksums = defineCheck({
  id: 'checksum.failures',
  title: 'data page checksum failures',
  needs: ['databases'],
  threshold: { warning: null, critical: 1, unit: 'count' },
  why: 'A page whose checksum is wrong was damaged on its way to the disk or there. Its rows may be lost, and further pages may follow.',
  advice: 'Check disk, controller and memory; restore the damaged tables from a verified backup.',
  evaluate: ({ databases, server, threshold }) => {
    if (!server.dataChecksums) return skipped('data checksums are off on this server');
    const damaged = databases.filter(
      ({ checksumFailures }) => grade(checksumFailures ?? 0, threshold) === 'critical',
    );
    const [first] = damaged;
    if (first === undefined) return ok('no checksum failure is counted');
    return found(
      'critical',
      `${plural(first.checksumFailures ?? 0, 'checksum failure')} in database ${first.name}`,
      {
        evidence: damaged.map(({ name, checksumFailures }) => ({ database: name, checksumFailures })),
        remedy: 'Take a copy of the data directory, check the hardware, and restore from a verified backup.',
        sql: [
          'select datname, checksum_failures, checksum_last_failure from pg_stat_database where checksum_failures > 0;',
        ],
      },
    );
  },
});

/** Checks of the counters of databases. */
export const databaseChecks = [cacheHit, rollbacks, deadlocks, checksums] as const;
