import { stringify } from 'csv-stringify/sync';
import { openPanel, type DashboardState } from './state.js';

export interface ExportedView {
  readonly fileName: string;
  readonly text: string;
  readonly rows: number;
}

/** The rows of the open tab as they are filtered and sorted, as JSON or CSV. Pure. */
export function exportView(state: DashboardState, form: 'json' | 'csv', now: Date): ExportedView {
  const { tab, view, rows } = openPanel(state);
  const records = rows.map((row) => row.record());
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return {
    fileName: `bk-db-${tab.title.toLowerCase()}-${stamp}.${form}`,
    rows: rows.length,
    text:
      form === 'csv'
        ? csvOf(records)
        : `${JSON.stringify({ place: state.place, takenAt: state.sample?.report.takenAt, tab: tab.title, filter: view.filter, rows: records }, null, 2)}\n`,
  };
}

function csvOf(records: readonly Readonly<Record<string, unknown>>[]): string {
  const columns = [...new Set(records.flatMap(Object.keys))];
  return stringify([...records], {
    header: true,
    columns,
    cast: { date: (value) => value.toISOString(), boolean: String, object: (value) => JSON.stringify(value) },
  });
}
