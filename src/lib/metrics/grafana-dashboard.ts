/** A panel: its title, query, legend, unit and kind. */
type Panel = readonly [title: string, expr: string, legend: string, unit: string, type?: 'stat' | 'table'];

const PANELS: readonly Panel[] = [
  ['Server', 'bk_db_up', '', 'bool_on_off', 'stat'],
  ['Checks that are not ok', 'bk_db_check_status > 0', '{{check}}', 'none', 'table'],
  ['Connections', 'sum by (state) (bk_db_connections)', '{{state}}', 'none'],
  [
    'Share of connections in use',
    'sum(bk_db_connections) / (bk_db_connections_max - bk_db_connections_reserved)',
    '',
    'percentunit',
  ],
  [
    'Transactions per second',
    'sum by (outcome) (rate(bk_db_transactions_total[$__rate_interval]))',
    '{{outcome}}',
    'ops',
  ],
  ['Blocks per second', 'sum by (source) (rate(bk_db_blocks_total[$__rate_interval]))', '{{source}}', 'ops'],
  ['Sessions that wait for a lock', 'bk_db_blocked_sessions', '', 'none'],
  ['Longest wait for a lock', 'bk_db_longest_lock_wait_seconds', '', 's'],
  ['Oldest transaction', 'bk_db_oldest_transaction_seconds', '', 's'],
  ['Temporary files, bytes per second', 'sum(rate(bk_db_temp_bytes_total[$__rate_interval]))', '', 'Bps'],
  ['Deadlocks per minute', 'sum(rate(bk_db_deadlocks_total[$__rate_interval])) * 60', '', 'none'],
  ['Age of the oldest transaction id', 'max(bk_db_xid_age_transactions)', '', 'none'],
  ['Age of the newest backup', 'time() - bk_db_backup_last_success_timestamp_seconds', '', 's', 'stat'],
  ['Size of the newest backup', 'bk_db_backup_size_bytes', '', 'bytes'],
  ['Pending migrations', 'bk_db_migrations_pending', '', 'none', 'stat'],
];

const WIDTH = 8;
const HEIGHT = 8;

/** A Grafana dashboard of everything that bk-db measures, as JSON to import; the data source is chosen there. Pure. */
export function grafanaDashboard(): string {
  const panels = PANELS.map(([title, expr, legendFormat, unit, type = 'timeseries'], n) => ({
    id: n + 1,
    title,
    type,
    datasource: { type: 'prometheus', uid: '${datasource}' },
    gridPos: { x: (n % 3) * WIDTH, y: Math.floor(n / 3) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit }, overrides: [] },
    targets: [
      {
        refId: 'A',
        expr: expr.replace(/\bbk_db_\w+/g, (name) => `${name}{instance=~"$instance"}`),
        legendFormat,
        ...(type === 'table' ? { format: 'table', instant: true } : {}),
      },
    ],
  }));
  const variables = [
    { name: 'datasource', type: 'datasource', query: 'prometheus' },
    {
      name: 'instance',
      type: 'query',
      datasource: { type: 'prometheus', uid: '${datasource}' },
      query: 'label_values(bk_db_up, instance)',
      includeAll: true,
      multi: true,
    },
  ];
  const dashboard = {
    uid: 'bk-db',
    title: 'PostgreSQL by bk-db',
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: variables },
    panels,
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
