import { quoteIdentifier, quoteQualified } from '../../core/database.js';
import { formatBytes, formatTime, plural } from '../../core/format.js';
import { defineCheck, found, grade, ok, skipped } from '../check.js';
import type { IndexFacts } from '../collectors/index-list.js';
import {
  findDuplicates,
  findPrefixes,
  findUnindexed,
  supports,
  type RedundantIndex,
} from '../redundant-indexes.js';

const duplicate = defineCheck({
  id: 'idx.duplicate',
  title: 'duplicate indexes',
  needs: ['indexes'],
  why: 'Two indexes with the same columns, operator classes, order, expressions and predicate serve the same queries, and every write pays for both.',
  advice: 'Drop the one that no constraint rests on.',
  evaluate: ({ indexes }) => {
    const redundant = findDuplicates(indexes);
    const [first] = redundant;
    if (first === undefined) return ok('no two indexes are alike');
    return found(
      'warning',
      `${plural(redundant.length, 'index', 'indexes')} like another, such as ${first.index.name}`,
      {
        evidence: redundant.slice(0, 20).map(redundantEvidence),
        remedy: 'Drop them: the other index does the same.',
        sql: redundant.slice(0, 20).map(({ index }) => dropIndex(index)),
      },
    );
  },
});

const prefix = defineCheck({
  id: 'idx.prefix',
  title: 'indexes that begin a longer one',
  needs: ['indexes'],
  why: 'An index on (a) next to one on (a, b) is seldom needed: the longer one serves most of its queries, a little slower.',
  advice: 'Consider dropping the shorter one when writes are frequent.',
  evaluate: ({ indexes }) => {
    const redundant = findPrefixes(indexes);
    const [first] = redundant;
    if (first === undefined) return ok('no index is the beginning of another');
    const summary = `${plural(redundant.length, 'index begins', 'indexes begin')} a longer one, such as ${first.index.name}`;
    return found('info', summary, {
      evidence: redundant.slice(0, 20).map(redundantEvidence),
      remedy: 'Consider dropping them when writes are frequent.',
      sql: redundant.slice(0, 20).map(({ index }) => dropIndex(index)),
    });
  },
});

function redundantEvidence({ index, coveredBy }: RedundantIndex) {
  const { schema, table, name, sizeBytes } = index;
  return { index: `${schema}.${name}`, table, coveredBy: coveredBy.name, sizeBytes };
}

function dropIndex({ schema, name }: IndexFacts): string {
  return `drop index concurrently ${quoteQualified(schema, name)};`;
}

/** Statistics younger than this say little about an index for the end of the month. */
const MIN_STATISTICS_MS = 14 * 86_400_000;
/** A table that was read less often has not shown what it needs. */
const MIN_TABLE_SCANS = 100;

const unused = defineCheck({
  id: 'idx.unused',
  title: 'indexes that no query used',
  needs: ['indexes', 'foreignKeys', 'databases'],
  threshold: { warning: 10 * 1024 ** 2, critical: null, unit: 'bytes' },
  why: 'An index that no query of this server used costs space and slows every write. Those that constraints or foreign keys rest on are left out, and nothing is said before the statistics are two weeks old. A standby may use it all the same.',
  advice: 'Look at the standbys too, then drop it.',
  evaluate: ({ indexes, foreignKeys, databases, server, threshold }) => {
    if (server.inRecovery) return skipped('a standby does not know what its primary needs');
    const reset = databases.find(({ connected }) => connected)?.statsSince ?? null;
    const since = reset !== null && reset > server.startedAt ? reset : server.startedAt;
    if (server.now.getTime() - since.getTime() < MIN_STATISTICS_MS)
      return skipped(`the statistics are too young (since ${formatTime(since.toISOString())})`);
    const idle = indexes
      .filter(({ scans, needed, unique }) => scans === 0 && !needed && !unique)
      .filter(
        ({ tableScans, sizeBytes }) => tableScans >= MIN_TABLE_SCANS && grade(sizeBytes, threshold) !== 'ok',
      )
      .filter((index) => !foreignKeys.some((key) => supports(index, key)))
      .sort((a, b) => b.sizeBytes - a.sizeBytes);
    if (idle.length === 0) return ok('no large index is unused');
    const total = idle.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const summary = `${plural(idle.length, 'index', 'indexes')} (${formatBytes(total)}) not used on this server since ${formatTime(since.toISOString())}`;
    return found('info', summary, {
      evidence: idle.slice(0, 20).map(({ schema, name, table, sizeBytes }) => ({
        index: `${schema}.${name}`,
        table,
        sizeBytes,
      })),
      remedy: 'Look whether standbys use them, then drop them.',
      sql: idle.slice(0, 20).map(dropIndex),
    });
  },
});

const unindexed = defineCheck({
  id: 'fk.unindexed',
  title: 'foreign keys without an index',
  needs: ['foreignKeys', 'indexes'],
  threshold: { warning: 10_000, critical: null, unit: 'count' },
  why: 'When a referenced row is deleted or its key changes, the server looks for rows that reference it. Without an index on the referencing columns it reads the whole table, once per row. The limit is the number of rows of that table; below it this is advice.',
  advice: 'Create an index that begins with the referencing columns.',
  evaluate: ({ foreignKeys, indexes, threshold }) => {
    const bare = findUnindexed(foreignKeys, indexes);
    const [first] = bare;
    if (first === undefined)
      return ok(
        foreignKeys.length === 0
          ? 'there is no foreign key'
          : `${plural(foreignKeys.length, 'foreign key')}, all with an index`,
      );
    const status = bare.some(({ rows }) => grade(rows, threshold) !== 'ok') ? 'warning' : 'info';
    const summary = `${plural(bare.length, 'foreign key')} without an index, such as ${first.name} of ${first.schema}.${first.table}`;
    return found(status, summary, {
      evidence: bare.slice(0, 20).map(({ schema, table, name, references, columnNames, rows }) => ({
        table: `${schema}.${table}`,
        constraint: name,
        references,
        columns: columnNames.join(', '),
        rows,
      })),
      remedy: 'Create an index that begins with the referencing columns.',
      sql: bare
        .slice(0, 20)
        .map(
          ({ schema, table, columnNames }) =>
            `create index concurrently on ${quoteQualified(schema, table)} (${columnNames.map(quoteIdentifier).join(', ')});`,
        ),
    });
  },
});

/** Checks that compare indexes; they run with --diagnose. */
export const indexChecks = [duplicate, prefix, unused, unindexed] as const;
