import { formatBytes, formatDuration, plural } from '../format.js';
import { STATUS_LOOK } from '../views/health.js';
import { cell, line, sparkline, type Line } from './line.js';
import { panelLines } from './panels.js';
import { TABS, type DashboardState } from './state.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The whole screen as exactly `rows` lines: verdict, vital signs, the open tab, keys. Pure but for the clock given. */
export function frame(state: DashboardState, size: Size, now: Date): Line[] {
  const head = [...verdictLines(state, now), ...(size.rows >= 12 ? vitalLines(state, size) : [])];
  const foot = size.rows >= 6 ? [footLine(state)] : [];
  const tabs = size.rows >= 8 ? [tabLine(state)] : [];
  const room = Math.max(0, size.rows - head.length - foot.length - tabs.length);
  const body = state.showsHelp ? HELP : panelLines(state, { columns: size.columns, rows: room });
  const filled = [
    ...body.slice(0, room),
    ...Array.from({ length: Math.max(0, room - body.length) }, () => line('')),
  ];
  return [...head, ...tabs, ...filled, ...foot].slice(0, size.rows);
}

function verdictLines({ sample, problem, place, paused, everyMs }: DashboardState, now: Date): Line[] {
  const clock = now.toISOString().slice(11, 19);
  const live = paused ? 'paused' : `every ${everyMs / 1_000} s`;
  if (sample === undefined)
    return [
      [{ text: ` bk-db  ${place}  ${clock}Z`, style: 'bold' }],
      problem === undefined
        ? line(' connecting ...')
        : line(` NOT CONNECTED, trying again: ${problem}`, 'red'),
    ];
  const { server, verdict, takenAt } = sample.report;
  const up = formatDuration(now.getTime() - Date.parse(server.startedAt));
  const { symbol, style } = STATUS_LOOK[verdict.status];
  const age = now.getTime() - Date.parse(takenAt);
  return [
    [
      { text: ` bk-db  ${place}`, style: 'bold' },
      {
        text: `  PostgreSQL ${server.version.split(' ')[0] ?? ''} ${server.role}  up ${up}  ${live}  ${clock}Z`,
      },
    ],
    problem === undefined
      ? [
          { text: ` ${symbol} ${verdict.status.toUpperCase()}`, style },
          {
            text: sample.pendingChecks === 0 ? '' : `  (${plural(sample.pendingChecks, 'check')} to come)`,
            style: 'dim',
          },
          { text: `  ${verdict.headline ?? verdict.summary}` },
        ]
      : line(` NOT LIVE, ${formatDuration(age)} old, trying again: ${problem}`, 'red'),
  ];
}

function vitalLines({ sample, history }: DashboardState, { columns }: Size): Line[] {
  if (sample === undefined) return [line('')];
  const { vitals } = sample;
  const width = Math.max(18, Math.floor((columns - 1) / 4));
  const bars = Math.max(0, width - 16);
  const rate = vitals.transactionsPerSecond;
  const hit = vitals.cacheHitPercent;
  const temp = vitals.tempBytesPerSecond;
  const cells = [
    ['connections', `${vitals.connections}/${vitals.connectionLimit}`, sparkline(history.connections, bars)],
    ['transactions', rate === null ? '-' : `${rate.toFixed(1)}/s`, sparkline(history.transactions, bars)],
    [
      'cache hit',
      hit === null ? '-' : `${hit.toFixed(1)} %`,
      temp === null || temp === 0 ? '' : `temp ${formatBytes(temp)}/s`,
    ],
    ['sessions', `${vitals.active} active`, `${vitals.idleInTransaction} in txn ${vitals.blocked} blocked`],
  ];
  const row = (index: number) => cells.map((texts) => cell(` ${texts[index] ?? ''}`, width)).join('');
  const values = cells.map(([, value = '', extra = '']) => cell(` ${value} ${extra}`, width)).join('');
  return [line(''), line(row(0), 'dim'), line(values), line('')];
}

function tabLine({ tab, filter, isFiltering }: DashboardState): Line {
  const tabs = TABS.map((name, index) => ({
    text: name === tab ? ` [${index + 1} ${name}]` : `  ${index + 1} ${name} `,
    style: name === tab ? ('bold' as const) : undefined,
  }));
  return filter === '' && !isFiltering
    ? tabs
    : [...tabs, { text: `   /${filter}${isFiltering ? '_' : ''}`, style: 'cyan' }];
}

function footLine({ question, message, readOnly }: DashboardState): Line {
  if (question !== undefined)
    return line(
      ` ${question.how} pid ${question.pid} (${question.label})? y does it, any other key does not`,
      'yellow',
    );
  if (message !== undefined) return line(` ${message}`, 'yellow');
  const act = readOnly ? '' : '  c cancel  K terminate';
  return line(` q quit  ? help  1-3 tabs  ↑↓ select  Enter detail  / filter  p pause  +/- rate${act}`, 'dim');
}

const HELP: readonly Line[] = [
  '',
  '  1 2 3, Tab, ← →    choose the tab',
  '  ↑ ↓, j k, PgUp PgDn, g G    select a row',
  '  Enter              all that is known of the row; Esc closes it',
  '  /                  filter the rows; Enter keeps it, Esc drops it',
  '  i                  idle and hidden sessions too',
  '  p, Space           pause        r   look now        + -   rate',
  '  c                  cancel the query of the selected session (asks)',
  '  K                  end the selected session (asks)',
  '  q, Ctrl-C          quit         Ctrl-Z   suspend',
  '',
  '  any key goes back',
].map((text) => line(text));
