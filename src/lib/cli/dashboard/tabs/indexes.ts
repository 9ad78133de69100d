import type { IndexFacts, WatchSample } from '../../../health/index.js';
import { formatBytes, formatCount } from '../../format.js';
import { dataOf, defineTab } from './tab.js';

interface IndexRow extends IndexFacts {
  readonly coveredBy: string | undefined;
}

/** The indexes of the database, and which of them are not needed. */
export const indexesTab = defineTab<IndexRow>({
  title: 'Indexes',
  needs: ['indexes'],
  list: rowsOf,
  key: nameOf,
  columns: [
    { head: 'size', width: 9, align: 'right', text: ({ sizeBytes }) => formatBytes(sizeBytes) },
    { head: 'scans', width: 12, align: 'right', text: ({ scans }) => formatCount(scans) },
    {
      head: 'remark',
      width: 24,
      from: 80,
      text: remark,
      style: ({ valid, coveredBy }) => (valid && coveredBy === undefined ? 'dim' : 'yellow'),
    },
    { head: 'method', width: 7, from: 110, text: ({ method }) => method },
    { head: 'table', width: 24, from: 100, text: ({ schema, table }) => `${schema}.${table}` },
    { head: 'index', width: 20, text: ({ name }) => name },
  ],
  sorts: [
    { by: 'size', value: ({ sizeBytes }) => sizeBytes },
    { by: 'scans', value: ({ scans }) => scans },
    { by: 'table', value: ({ schema, table }) => `${schema}.${table}` },
    { by: 'name', value: nameOf },
  ],
  detail: (index) => ({
    facts: {
      index: nameOf(index),
      table: `${index.schema}.${index.table}`,
      method: index.method,
      size: `${formatBytes(index.sizeBytes)} (as of the last vacuum or analyze)`,
      scans: formatCount(index.scans),
      'scans of its table': formatCount(index.tableScans),
      unique: index.unique,
      valid: index.valid,
      'a constraint rests on it': index.needed,
      'made unnecessary by': index.coveredBy,
    },
  }),
  copy: nameOf,
  record: (index) => ({ ...index }),
  empty: 'the database has no indexes',
});

function rowsOf(sample: WatchSample): IndexRow[] {
  return (dataOf(sample, 'indexes') ?? []).map((index) => ({
    ...index,
    coveredBy: sample.coveredIndexes.get(nameOf(index)),
  }));
}

function nameOf({ schema, name }: IndexFacts): string {
  return `${schema}.${name}`;
}

function remark({ valid, coveredBy, needed, unique, scans }: IndexRow): string {
  if (!valid) return 'INVALID';
  if (coveredBy !== undefined) return `covered by ${coveredBy}`;
  if (needed) return 'constraint';
  if (unique) return 'unique';
  return scans === 0 ? 'not used here' : '';
}
