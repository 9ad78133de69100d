import { quoteIdentifier, quoteQualified } from '../../core/database.js';
import { formatCount, formatDuration, plural } from '../../core/format.js';
import { defineCheck, found, grade, ok, unknown } from '../check.js';
import type { InvalidIndex } from '../collectors/indexes.js';
import type { SequenceUse } from '../collectors/sequences.js';

const invalidIndexes = defineCheck({
  id: 'idx.invalid',
  title: 'invalid indexes',
  needs: ['invalidIndexes'],
  why: 'CREATE INDEX CONCURRENTLY that failed leaves an index which no query uses and every write still pays for. A unique one guards nothing.',
  advice: 'REINDEX INDEX CONCURRENTLY it, or drop it.',
  evaluate: ({ invalidIndexes: all, server }) => {
    const [first] = all;
    if (first === undefined) return ok(`no invalid index in database ${server.database}`);
    return found(
      'warning',
      `${plural(all.length, 'invalid index', 'invalid indexes')}, such as ${first.schema}.${first.name}`,
      {
        evidence: all.slice(0, 20).map(({ schema, name, table, partitioned }) => ({
          index: `${schema}.${name}`,
          table,
          partitioned,
        })),
        remedy: 'Rebuild each of them, or drop it.',
        sql: all.slice(0, 20).map(repairIndex),
      },
    );
  },
});

function repairIndex({ schema, name, partitioned, leftover }: InvalidIndex): string {
  const index = quoteQualified(schema, name);
  if (partitioned)
    return `-- ${index} lacks the index of a partition: create it there, then alter index ${index} attach partition ...;`;
  return leftover ? `drop index concurrently ${index};` : `reindex index concurrently ${index};`;
}

const sequences = defineCheck({
  id: 'seq.exhaustion',
  title: 'sequences near their end',
  needs: ['sequences'],
  threshold: { warning: 75, critical: 90, unit: 'percent' },
  why: 'When a sequence, or the integer column it fills, reaches its largest value, every insert fails. An integer column ends at 2,147,483,647 even if its sequence counts in bigint.',
  advice: 'Change the column to bigint well before; on a large table in steps, because it is rewritten.',
  evaluate: ({ sequences: { fullest, hidden, hiddenSchemas, total }, threshold, server }) => {
    const late = fullest.filter(
      ({ cycles, usedPercent }) => !cycles && grade(usedPercent, threshold) !== 'ok',
    );
    const [worst] = late;
    if (worst === undefined) {
      if (hidden === 0)
        return ok(total === 0 ? 'there is no sequence' : `${plural(total, 'sequence')}, none near its end`);
      return unknown(`${hidden} of ${plural(total, 'sequence')} cannot be read`, {
        text: 'Let the role read the sequences.',
        sql: hiddenSchemas.map(
          (schema) =>
            `grant select on all sequences in schema ${quoteIdentifier(schema)} to ${quoteIdentifier(server.user)};`,
        ),
      });
    }
    return found(
      grade(worst.usedPercent, threshold) === 'critical' ? 'critical' : 'warning',
      `${worst.schema}.${worst.name} is ${worst.usedPercent} % used${worst.column === null ? '' : ` (column ${worst.column})`}`,
      {
        evidence: late.slice(0, 20).map((sequence) => ({ ...sequence })),
        remedy: 'Change the column to bigint, and the sequence with it.',
        sql: [...new Set(late.slice(0, 20).flatMap(widen))],
      },
    );
  },
});

function widen({ schema, name, column }: SequenceUse): string[] {
  const sequence = `alter sequence ${quoteQualified(schema, name)} as bigint;`;
  const parts = /^(.+)\.(.+)\.(.+)$/.exec(column ?? '');
  if (parts === null) return [sequence];
  const [, tableSchema = '', table = '', columnName = ''] = parts;
  return [
    `alter table ${quoteQualified(tableSchema, table)} alter column ${quoteIdentifier(columnName)} type bigint;`,
    sequence,
  ];
}

/** A table that was vacuumed, or a server that was started, more recently gets its time. */
const GRACE_MS = 3_600_000;

const vacuumLag = defineCheck({
  id: 'vacuum.lag',
  title: 'tables that autovacuum does not reach',
  needs: ['vacuumLag'],
  threshold: { warning: 1.5, critical: 4, unit: 'ratio' },
  why: 'Dead rows that stay make a table and its indexes grow and every scan slower. The ratio is dead rows over the number at which autovacuum should start on that table.',
  advice: 'Find what holds vacuum back, or make autovacuum come sooner for the table.',
  evaluate: ({ vacuumLag: tables, threshold, server }) => {
    const late = tables.filter(
      ({ deadRows, startsAt, sinceVacuumMs }) =>
        sinceVacuumMs > GRACE_MS && grade(deadRows / Math.max(startsAt, 1), threshold) !== 'ok',
    );
    const [worst] = late;
    if (worst === undefined) return ok(`autovacuum keeps up in database ${server.database}`);
    const status = grade(worst.deadRows / Math.max(worst.startsAt, 1), threshold);
    return found(
      status === 'critical' ? 'critical' : 'warning',
      `${worst.schema}.${worst.table} has ${formatCount(worst.deadRows)} dead rows${worst.disabled ? ', autovacuum is off for it' : ''}, no vacuum for ${formatDuration(worst.sinceVacuumMs)}`,
      {
        evidence: late.map(({ schema, table, deadRows, startsAt, disabled, sinceVacuumMs }) => ({
          table: `${schema}.${table}`,
          deadRows,
          startsAt: Math.round(startsAt),
          disabled,
          sinceVacuumMs: Math.round(sinceVacuumMs),
        })),
        remedy:
          'Vacuum it; then see what kept autovacuum away (old transactions, slots, storage parameters).',
        sql: late
          .slice(0, 5)
          .map(({ schema, table }) => `vacuum (verbose, analyze) ${quoteQualified(schema, table)};`),
      },
    );
  },
});

const keyless = defineCheck({
  id: 'table.nopk',
  title: 'tables without a key',
  needs: ['tablesWithoutKey'],
  why: 'Without a primary key, or a unique index on columns that are never null, rows cannot be told apart, and updates of a published table fail.',
  advice: 'Add a primary key, or set a replica identity.',
  evaluate: ({ tablesWithoutKey: tables, server }) => {
    const [first] = tables;
    if (first === undefined) return ok(`every table of database ${server.database} has a key`);
    const published = tables.filter((table) => table.published);
    const summary = `${plural(tables.length, 'table')} without a key, such as ${first.schema}.${first.table}`;
    return found(
      published.length > 0 ? 'warning' : 'info',
      published.length > 0 ? `${summary}, which is published` : summary,
      {
        evidence: tables.slice(0, 20).map((table) => ({ ...table })),
        remedy: 'Add a primary key.',
        sql: tables
          .slice(0, 5)
          .map(
            ({ schema, table }) => `alter table ${quoteQualified(schema, table)} add primary key (COLUMN);`,
          ),
      },
    );
  },
});

/** Checks of the connected database's tables, indexes and sequences. */
export const schemaChecks = [invalidIndexes, sequences, vacuumLag, keyless] as const;
