import type { Finding, Session } from '../../health/index.js';
import { formatDuration } from '../format.js';
import { STATUS_LOOK, lockNodeText } from '../views/health.js';
import { cell, line, type Line } from './line.js';
import { listFindings, listLocks, listSessions, type DashboardState } from './state.js';

interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** The open tab's rows, or all that is known of the selected one. Pure. */
export function panelLines(state: DashboardState, room: Room): Line[] {
  if (state.sample === undefined) return [];
  if (state.showsDetail) return detailLines(state, room);
  const { head, rows, empty } = tableOf(state);
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

function tableOf(state: DashboardState): Table {
  if (state.tab === 'Activity')
    return {
      head: ` ${sessionText(['pid', 'user', 'database', 'application', 'state', 'open', 'waits for'])} query`,
      rows: listSessions(state).map(sessionLine),
      empty: state.filter === '' ? 'no session is at work; i shows the idle ones' : 'no session matches',
    };
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

const WIDTHS = [8, 10, 12, 14, 20, 10, 16];

function sessionText(texts: readonly string[]): string {
  return texts.map((text, index) => cell(text, WIDTHS[index] ?? 10)).join(' ');
}

const SLOW_MS = 60_000;
const LATE_MS = 300_000;

function sessionLine(session: Session): Line {
  const {
    pid,
    user,
    database,
    applicationName,
    state,
    transactionAgeMs,
    waitEventType,
    waitEvent,
    query,
    hidden,
  } = session;
  const age = transactionAgeMs ?? 0;
  const wait =
    waitEventType === null || waitEventType === 'Client' ? '' : `${waitEventType}:${waitEvent ?? ''}`;
  const text = sessionText([
    String(pid),
    user ?? '',
    database ?? '',
    applicationName ?? '',
    hidden ? 'hidden' : (state ?? ''),
    transactionAgeMs === null ? '' : formatDuration(age),
    wait,
  ]);
  return [
    { text, style: age >= LATE_MS ? 'red' : age >= SLOW_MS ? 'yellow' : undefined },
    { text: ` ${hidden ? '' : (query ?? '')}` },
  ];
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
      : state.sample?.sessions.find(({ pid }) => pid === listLocks(state)[state.selected]?.node.pid);
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
