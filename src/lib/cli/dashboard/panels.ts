import type { Finding, Session } from '../../health/index.js';
import { formatDuration } from '../format.js';
import { STATUS_LOOK, lockNodeText } from '../views/health.js';
import { cell, line, type Line } from './line.js';
import { listFindings, listLocks, listSessions, sessionsOf, type DashboardState } from './state.js';

interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** The open tab's rows, or all that is known of the selected one. Pure. */
export function panelLines(state: DashboardState, room: Room): Line[] {
  if (state.sample === undefined) return [];
  if (state.showsDetail) return detailLines(state, room);
  const { head, rows, empty } = tableOf(state, room.columns);
  if (rows.length === 0) return [line(` ${empty}`, 'dim')];
  const visible = Math.max(1, room.rows - (head === undefined ? 0 : 1));
  const selected = Math.min(state.selected, rows.length - 1);
  const first = Math.max(0, Math.min(selected - visible + 1, rows.length - visible));
  const shown = rows
    .slice(first, first + visible)
    .map((row, index) => [{ text: first + index === selected ? '>' : ' ', style: 'bold' as const }, ...row]);
  return head === undefined ? shown : [line(head, 'dim'), ...shown];
}

interface Table {
  readonly head?: string;
  readonly rows: readonly Line[];
  readonly empty: string;
}

function tableOf(state: DashboardState, columns: number): Table {
  if (state.tab === 'Activity') {
    const shown = COLUMNS.filter(({ from }) => columns >= from);
    return {
      head: ` ${shown.map(({ head, width }) => cell(head, width)).join(' ')} query`,
      rows: listSessions(state).map((session) => sessionLine(session, shown)),
      empty: state.filter === '' ? 'no session is at work; i shows the idle ones' : 'no session matches',
    };
  }
  if (state.tab === 'Locks')
    return {
      rows: listLocks(state).map(({ node, depth }) => [
        { text: `${'   '.repeat(Math.max(0, depth - 1))}${depth === 0 ? '' : '└─ '}` },
        { text: lockNodeText(node), style: depth === 0 ? 'yellow' : undefined },
      ]),
      empty: 'nobody waits for a lock',
    };
  return { rows: listFindings(state).map(findingLine), empty: 'no check matches' };
}

interface SessionColumn {
  readonly head: string;
  readonly width: number;
  /** The narrowest terminal that shows it. */
  readonly from: number;
  readonly text: (session: Session) => string | null;
}

const COLUMNS: readonly SessionColumn[] = [
  { head: 'pid', width: 7, from: 0, text: ({ pid }) => String(pid) },
  { head: 'user', width: 10, from: 60, text: ({ user }) => user },
  { head: 'database', width: 10, from: 130, text: ({ database }) => database },
  { head: 'application', width: 12, from: 80, text: ({ applicationName }) => applicationName },
  { head: 'state', width: 11, from: 0, text: stateText },
  {
    head: 'open',
    width: 9,
    from: 0,
    text: ({ transactionAgeMs: age }) => (age === null ? '' : formatDuration(age)),
  },
  { head: 'waits for', width: 18, from: 110, text: waitText },
];

function stateText({ hidden, state }: Session): string {
  return hidden ? 'hidden' : (state ?? '').replace('idle in transaction', 'idle in txn');
}

function waitText({ waitEventType, waitEvent }: Session): string {
  return waitEventType === null || waitEventType === 'Client' ? '' : `${waitEventType}:${waitEvent ?? ''}`;
}

const SLOW_MS = 60_000;
const LATE_MS = 300_000;

function sessionLine(session: Session, columns: readonly SessionColumn[]): Line {
  const age = session.transactionAgeMs ?? 0;
  const text = columns.map((column) => cell(column.text(session) ?? '', column.width)).join(' ');
  const style = age >= LATE_MS ? 'red' : age >= SLOW_MS ? 'yellow' : undefined;
  return [{ text, style }, { text: ` ${session.hidden ? '' : (session.query ?? '')}` }];
}

function findingLine({ id, status, summary }: Finding): Line {
  const { symbol, style } = STATUS_LOOK[status];
  return [{ text: cell(id, 20) }, { text: cell(`${symbol} ${status}`, 12), style }, { text: summary }];
}

function detailLines(state: DashboardState, { columns }: Room): Line[] {
  if (state.tab === 'Checks') {
    const finding = listFindings(state)[state.selected];
    return finding === undefined ? [] : findingDetail(finding, columns);
  }
  const session =
    state.tab === 'Activity'
      ? listSessions(state)[state.selected]
      : sessionsOf(state.sample).find(({ pid }) => pid === listLocks(state)[state.selected]?.node.pid);
  if (session === undefined) return [line(' it is gone', 'dim')];
  const { query, backendStart, ...facts } = session;
  return [
    ...Object.entries({ ...facts, backendStart: backendStart?.toISOString() ?? null })
      .filter(([, value]) => value !== null)
      .map(([name, value]) => line(` ${cell(name, 18)} ${String(value)}`)),
    line(''),
    ...wrap(query ?? '', columns),
  ];
}

function findingDetail({ id, title, status, summary, evidence, remedy }: Finding, columns: number): Line[] {
  const { symbol, style } = STATUS_LOOK[status];
  return [
    [{ text: ` ${symbol} ${id}`, style }, { text: `  ${title}` }],
    line(''),
    ...wrap(summary, columns),
    ...(remedy === null
      ? []
      : [line(''), ...wrap(remedy.text, columns), ...remedy.sql.flatMap((sql) => wrap(`  ${sql}`, columns))]),
    line(''),
    ...evidence.flatMap((facts) =>
      wrap(
        Object.entries(facts)
          .map(([name, value]) => `${name} ${String(value)}`)
          .join('  '),
        columns,
      ),
    ),
  ];
}

function wrap(text: string, columns: number): Line[] {
  const width = Math.max(10, columns - 2);
  const characters = Array.from(text.replaceAll(/\s*\n\s*/g, ' '));
  const lines: Line[] = [];
  for (let start = 0; start < characters.length; start += width)
    lines.push(line(` ${characters.slice(start, start + width).join('')}`));
  return lines;
}
