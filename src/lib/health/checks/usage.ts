import { quoteQualified } from '../../core/database.js';
import { formatBytes, formatCount, formatDuration, plural } from '../../core/format.js';
import { defineCheck, found, grade, ok, skipped } from '../check.js';
import type { TableFacts } from '../collectors/table-list.js';

/** Fewer say nothing about a share. */
const FEWEST_CHECKPOINTS = 20;

const requested = defineCheck({
  id: 'checkpoint.requested',
  title: 'checkpoints that come too early',
  needs: ['checkpoints'],
  threshold: { warning: 50, critical: null, unit: 'percent' },
  why: 'A checkpoint that comes because max_wal_size is reached writes pages which the next one writes again. Backups and restores ask for some too, and all are counted since the last reset, so it is advice and no alarm.',
  advice: 'Raise max_wal_size.',
  evaluate: ({ checkpoints: { timed, requested: early, sinceMs }, threshold }) => {
    const total = timed + early;
    if (total < FEWEST_CHECKPOINTS) return skipped(`too few checkpoints so far (${formatCount(total)})`);
    const percent = Math.round((early / total) * 100);
    const since = sinceMs === null ? '' : ` in ${formatDuration(sinceMs)}`;
    const summary = `${percent} % of ${plural(total, 'checkpoint')} came before their time${since}`;
    if (grade(percent, threshold) === 'ok') return ok(summary);
    return found('info', summary, {
      evidence: [{ timed, requested: early }],
      remedy: 'Raise max_wal_size, unless the disk is too small for it.',
      sql: ['show max_wal_size;'],
    });
  },
});

/** A table that was loaded less than this ago may still be analyzed. */
const GRACE_MS = 3_600_000;

const statistics = defineCheck({
  id: 'stats.missing',
  title: 'tables with old planner statistics',
  needs: ['oldStatistics'],
  why: 'The planner chooses by statistics. Where most rows have changed since they were taken, or none ever were, a query may take hours instead of moments.',
  advice: 'Analyze the table, and see why autovacuum does not.',
  evaluate: ({ oldStatistics, server }) => {
    const upMs = server.now.getTime() - server.startedAt.getTime();
    const old = oldStatistics.filter(({ sinceAnalyzeMs }) => (sinceAnalyzeMs ?? upMs) > GRACE_MS);
    const [worst] = old;
    if (worst === undefined) return ok(`statistics are recent in database ${server.database}`);
    const when =
      worst.sinceAnalyzeMs === null
        ? 'it was never analyzed'
        : `${formatCount(worst.changed)} changes since it was analyzed ${formatDuration(worst.sinceAnalyzeMs)} ago`;
    return found(
      'warning',
      `${plural(old.length, 'table')} with old statistics, such as ${worst.schema}.${worst.table}: ${when}`,
      {
        evidence: old.map((table) => ({ ...table })),
        remedy: 'Analyze them; then see why autovacuum did not.',
        sql: old.slice(0, 5).map(({ schema, table }) => `analyze ${quoteQualified(schema, table)};`),
      },
    );
  },
});

const MANY_SCANS = 100;
const LONG_SCAN_ROWS = 10_000;

const wholeScans = defineCheck({
  id: 'table.seqscan',
  title: 'large tables that are read from end to end',
  needs: ['tables'],
  why: 'A large table that queries read whole, again and again, may lack an index. Counted since the last reset; reports and backups read whole tables too, so it is advice.',
  advice: 'Find the queries with pg_stat_statements and look at their plans.',
  evaluate: ({ tables, server }) => {
    const read = tables
      .filter(({ seqScans, seqRows }) => seqScans >= MANY_SCANS && seqRows / seqScans >= LONG_SCAN_ROWS)
      .toSorted((a, b) => b.seqRows - a.seqRows);
    const [worst] = read;
    if (worst === undefined) return ok(`no large table of database ${server.database} is read whole often`);
    return found(
      'info',
      `${plural(read.length, 'large table')} read whole often, such as ${scanText(worst)}`,
      {
        evidence: read.slice(0, 20).map(({ schema, table, seqScans, seqRows, indexScans, liveRows }) => ({
          table: `${schema}.${table}`,
          seqScans,
          seqRows,
          indexScans,
          liveRows,
        })),
        remedy: 'Find the queries with pg_stat_statements and look at their plans; an index may be missing.',
      },
    );
  },
});

function scanText({ schema, table, seqScans, seqRows }: TableFacts): string {
  return `${schema}.${table} (${formatCount(seqScans)} times, ${formatCount(Math.round(seqRows / seqScans))} rows each)`;
}

/** A database that did next to nothing has a first statement too. */
const LEAST_TOTAL_MS = 60_000;

const topStatement = defineCheck({
  id: 'query.top',
  title: 'one statement that takes most of the time',
  needs: ['statements'],
  threshold: { warning: 33, critical: null, unit: 'percent' },
  why: 'Where one statement takes a third of all time, nothing else is as much worth a look.',
  advice: 'Look at its plan with EXPLAIN (ANALYZE, BUFFERS).',
  evaluate: ({ statements, threshold }) => {
    const [first] = statements;
    const totalMs = first === undefined ? 0 : first.totalMs / (first.sharePercent / 100);
    if (first === undefined || totalMs < LEAST_TOTAL_MS)
      return skipped('too little was executed since the statistics were reset');
    const summary = `the dearest statement takes ${Math.round(first.sharePercent)} % of ${formatDuration(totalMs)}`;
    if (grade(first.sharePercent, threshold) === 'ok') return ok(summary);
    const { queryId, calls, meanMs, query } = first;
    return found('info', summary, {
      evidence: [{ queryId, calls, totalMs: first.totalMs, meanMs, query: query.slice(0, 200) }],
      remedy: 'Look at its plan with EXPLAIN (ANALYZE, BUFFERS).',
    });
  },
});

const diskSpace = defineCheck({
  id: 'disk.space',
  title: "room on the server's disk",
  needs: ['disk'],
  threshold: { warning: 85, critical: 95, unit: 'percent' },
  why: 'A server whose disk is full stops writing, and one that cannot write its WAL goes down. It is looked at where the server is reached through a Unix socket, since then the disk is that of this machine.',
  advice:
    'Find what grows: WAL kept for slots or a failing archiver, logs, tables; then make room or a larger disk.',
  evaluate: ({ disk: { path, totalBytes, freeBytes }, threshold }) => {
    const used = totalBytes === 0 ? 0 : (1 - freeBytes / totalBytes) * 100;
    const summary = `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)} (${Math.floor(used)} % used) at ${path}`;
    const status = grade(used, threshold);
    if (status === 'ok') return ok(summary);
    return found(status, summary, {
      evidence: [{ path, totalBytes, freeBytes }],
      remedy: 'Find what grows (WAL kept for slots or a failing archiver, logs, tables) and make room.',
      sql: [
        'select slot_name, active, wal_status from pg_replication_slots;',
        'select * from pg_stat_archiver;',
      ],
    });
  },
});

/** Checks of how the server is used and what that fills. */
export const usageChecks = [requested, statistics, wholeScans, topStatement, diskSpace] as const;
