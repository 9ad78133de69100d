import type { TableFacts } from '../../../health/index.js';
import { formatBytes, formatCount } from '../../format.js';
import { ageText } from './session.js';
import { dataOf, defineTab } from './tab.js';

const MANY_DEAD_PERCENT = 20;
/** A table with fewer dead rows is none to worry about. */
const FEW_ROWS = 1_000;

/** The largest tables of the database. */
export const tablesTab = defineTab<TableFacts>({
  title: 'Tables',
  needs: ['tables'],
  list: (sample) => dataOf(sample, 'tables') ?? [],
  key: nameOf,
  columns: [
    { head: 'size', width: 9, align: 'right', text: ({ sizeBytes }) => formatBytes(sizeBytes) },
    {
      head: 'indexes',
      width: 9,
      align: 'right',
      from: 60,
      text: ({ indexBytes }) => formatBytes(indexBytes),
    },
    { head: 'rows', width: 12, align: 'right', from: 80, text: ({ liveRows }) => formatCount(liveRows) },
    {
      head: 'dead',
      width: 6,
      align: 'right',
      text: (table) => `${Math.round(deadPercent(table))} %`,
      style: (table) =>
        table.deadRows >= FEW_ROWS && deadPercent(table) >= MANY_DEAD_PERCENT ? 'yellow' : undefined,
    },
    {
      head: 'whole scans',
      width: 11,
      align: 'right',
      from: 100,
      text: ({ seqScans }) => formatCount(seqScans),
    },
    {
      head: 'index scans',
      width: 11,
      align: 'right',
      from: 100,
      text: ({ indexScans }) => formatCount(indexScans),
    },
    { head: 'changes', width: 12, align: 'right', from: 132, text: (table) => formatCount(changes(table)) },
    {
      head: 'vacuumed',
      width: 9,
      align: 'right',
      from: 80,
      text: ({ sinceVacuumMs }) => ageText(sinceVacuumMs),
    },
    {
      head: 'analyzed',
      width: 9,
      align: 'right',
      from: 140,
      text: ({ sinceAnalyzeMs }) => ageText(sinceAnalyzeMs),
    },
    { head: 'table', width: 20, text: nameOf },
  ],
  sorts: [
    { by: 'size', value: ({ sizeBytes, indexBytes }) => sizeBytes + indexBytes },
    { by: 'dead', value: ({ deadRows }) => deadRows },
    { by: 'scans', value: ({ seqRows }) => seqRows },
    { by: 'changes', value: changes },
    { by: 'name', value: nameOf },
  ],
  words: ({ sinceVacuumMs }) => ({ ageMs: sinceVacuumMs }),
  detail: (table) => ({
    facts: {
      table: nameOf(table),
      size: `${formatBytes(table.sizeBytes)} (as of the last vacuum or analyze)`,
      indexes: formatBytes(table.indexBytes),
      'live rows': formatCount(table.liveRows),
      'dead rows': formatCount(table.deadRows),
      'whole scans': `${formatCount(table.seqScans)}, which read ${formatCount(table.seqRows)} rows`,
      'index scans': formatCount(table.indexScans),
      inserted: formatCount(table.inserted),
      updated: formatCount(table.updated),
      deleted: formatCount(table.deleted),
      'changed since analyze': formatCount(table.changedSinceAnalyze),
      'last vacuum': agoText(table.sinceVacuumMs),
      'last analyze': agoText(table.sinceAnalyzeMs),
    },
  }),
  copy: nameOf,
  record: (table) => ({ ...table }),
  empty: 'the database has no tables',
});

function nameOf({ schema, table }: TableFacts): string {
  return `${schema}.${table}`;
}

function deadPercent({ liveRows, deadRows }: TableFacts): number {
  return deadRows === 0 ? 0 : (deadRows / (liveRows + deadRows)) * 100;
}

function changes({ inserted, updated, deleted }: TableFacts): number {
  return inserted + updated + deleted;
}

function agoText(ms: number | null): string {
  return ms === null ? 'never since statistics were reset' : `${ageText(ms)} ago`;
}
