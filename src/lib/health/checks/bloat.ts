import { quoteQualified } from '../../core/database.js';
import { formatBytes, plural } from '../../core/format.js';
import { defineCheck, found, grade, ok, unknown } from '../check.js';
import { LARGE_TABLE_BYTES, type BloatEstimate } from '../collectors/bloat.js';

/** A table that wastes less is none to rewrite. */
const LEAST_WASTE_BYTES = LARGE_TABLE_BYTES / 2;

const table = defineCheck({
  id: 'bloat.table',
  title: 'large tables that are mostly empty',
  needs: ['bloat'],
  threshold: { warning: 50, critical: 90, unit: 'percent' },
  why: 'Space that vacuum has freed inside a table is not given back: scans read it, and backups of files carry it. The number is an estimate from the statistics of columns, in percent of the table; tables below 100 MiB are not looked at.',
  advice: 'Rewrite the table with pg_repack, or with VACUUM FULL while nobody needs it.',
  evaluate: ({ bloat: tables, threshold, server }) => {
    const empty = tables
      .filter(
        ({ neededBytes, sizeBytes }) => neededBytes !== null && sizeBytes - neededBytes >= LEAST_WASTE_BYTES,
      )
      .filter((estimate) => grade(wastedPercent(estimate), threshold) !== 'ok')
      .toSorted((a, b) => wastedPercent(b) - wastedPercent(a));
    const [worst] = empty;
    if (worst === undefined) return withoutFinding(tables, server.database);
    const status = grade(wastedPercent(worst), threshold);
    return found(
      status === 'critical' ? 'critical' : 'warning',
      `${nameOf(worst)} is about ${Math.round(wastedPercent(worst))} % empty, of ${formatBytes(worst.sizeBytes)}`,
      {
        evidence: empty.slice(0, 20).map((estimate) => ({
          table: nameOf(estimate),
          sizeBytes: estimate.sizeBytes,
          neededBytes: estimate.neededBytes,
          wastedPercent: Math.round(wastedPercent(estimate)),
        })),
        remedy: 'Rewrite it with pg_repack, or with VACUUM FULL, which locks it against everybody meanwhile.',
        sql: empty
          .slice(0, 5)
          .map(({ schema, table: name }) => `vacuum (full, analyze) ${quoteQualified(schema, name)};`),
      },
    );
  },
});

/** Tables of which nothing can be told are never called fine. */
function withoutFinding(tables: readonly BloatEstimate[], database: string) {
  const blind = tables.filter(({ neededBytes }) => neededBytes === null);
  const [first] = blind;
  if (first === undefined)
    return ok(
      tables.length === 0
        ? `database ${database} has no table of 100 MiB or more`
        : `${plural(tables.length, 'large table')}, none mostly empty`,
    );
  const summary = `${plural(blind.length, 'large table')} cannot be judged, such as ${nameOf(first)}`;
  return first.reason === 'stale'
    ? unknown(`${summary}: its statistics are missing or old`, {
        text: 'Renew the statistics.',
        sql: blind.slice(0, 5).map(({ schema, table: name }) => `analyze ${quoteQualified(schema, name)};`),
      })
    : unknown(`${summary}: the role may not read its statistics`, {
        text: 'Let the role read the tables, since PostgreSQL shows statistics of columns only to those who may.',
        sql: [],
      });
}

function nameOf({ schema, table: name }: BloatEstimate): string {
  return `${schema}.${name}`;
}

function wastedPercent({ sizeBytes, neededBytes }: BloatEstimate): number {
  return neededBytes === null || sizeBytes === 0 ? 0 : (1 - neededBytes / sizeBytes) * 100;
}

/** Checks of space that holds nothing. */
export const bloatChecks = [table] as const;
