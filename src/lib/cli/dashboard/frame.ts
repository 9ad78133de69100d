import { formatDuration, plural } from '../format.js';
import { STATUS_LOOK, verdictWord } from '../views/health.js';
import { helpLines } from './help.js';
import { line, type Line, type Segment } from './line.js';
import { panelLines, statusLine } from './panel.js';
import type { DashboardState } from './state.js';
import { TABS } from './tabs/all.js';
import { vitalLines } from './vital-signs.js';

/** The whole screen as exactly as many lines as it has: verdict, vital signs, the open tab, keys. Pure but for the clock given. */
export function frame(state: DashboardState, now: Date): Line[] {
  const { rows } = state.size;
  const head = [...verdictLines(state, now), ...vitalLines(state)];
  const foot = rows >= 6 ? [footLine(state)] : [];
  const tabs = rows >= 8 ? [tabLine(state)] : [];
  const status = rows >= 8 && state.sample !== undefined && !state.showsHelp ? [statusLine(state, now)] : [];
  const room = Math.max(0, rows - head.length - foot.length - tabs.length - status.length);
  const body = state.showsHelp ? helpLines(room) : panelLines(state, room);
  const filled = [
    ...body.slice(0, room),
    ...Array.from({ length: Math.max(0, room - body.length) }, () => line('')),
  ];
  return [...head, ...tabs, ...status, ...filled, ...foot].slice(0, rows);
}

/** How many lines the panel has, for keys that move by a page. */
export function panelRows(state: DashboardState): number {
  const { rows } = state.size;
  return Math.max(1, rows - 2 - vitalLines(state).length - (rows >= 6 ? 1 : 0) - (rows >= 8 ? 2 : 0));
}

function verdictLines({ sample, problem, place, paused, everyMs }: DashboardState, now: Date): Line[] {
  const clock = `${now.toISOString().slice(11, 19)}Z`;
  const live = paused ? 'PAUSED' : `every ${everyMs / 1_000} s`;
  if (sample === undefined)
    return [
      [{ text: ` bk-db  ${clock}  ${place}`, style: 'bold' }],
      problem === undefined
        ? line(' connecting ...')
        : line(` NOT CONNECTED, trying again: ${problem}`, 'red'),
    ];
  const { server, takenAt } = sample.report;
  const up = formatDuration(now.getTime() - Date.parse(server.startedAt));
  const age = now.getTime() - Date.parse(takenAt);
  return [
    [
      { text: ` bk-db  ${clock}  ` },
      { text: live, style: paused ? 'yellow' : undefined },
      { text: `  ${place}`, style: 'bold' },
      { text: `  PostgreSQL ${server.version.split(' ')[0] ?? ''} ${server.role}  up ${up}` },
    ],
    problem === undefined
      ? verdictLine(sample)
      : line(` NOT LIVE, ${formatDuration(age)} old, trying again: ${problem}`, 'red'),
  ];
}

function verdictLine({ report, pendingChecks }: NonNullable<DashboardState['sample']>): Line {
  const { verdict } = report;
  const { symbol, style } = STATUS_LOOK[verdict.status];
  const pending = pendingChecks === 0 ? '' : `  (${plural(pendingChecks, 'check')} to come)`;
  return [
    { text: ` ${symbol} ${verdictWord(verdict, pendingChecks)}`, style },
    { text: pending, style: 'dim' },
    { text: `  ${verdict.headline ?? verdict.summary}` },
  ];
}

/** All names where they fit, else digits and the name of the open one. */
function tabLine(state: DashboardState): Line {
  const full = tabSegments(state, () => true);
  const width = full.reduce((sum, { text }) => sum + text.length, 0);
  return width <= state.size.columns ? full : tabSegments(state, (isOpen) => isOpen);
}

function tabSegments({ tab, sample }: DashboardState, isNamed: (isOpen: boolean) => boolean): Segment[] {
  return TABS.flatMap(({ title, mark }, place): Segment[] => {
    const isOpen = place === tab;
    const name = isNamed(isOpen) ? `${place + 1} ${title}` : String(place + 1);
    const sign = sample === undefined ? undefined : mark(sample);
    return [
      { text: isOpen ? ` [${name}` : ` ${name}`, style: isOpen ? 'bold' : undefined },
      ...(sign === undefined ? [] : [sign]),
      ...(isOpen ? [{ text: ']', style: 'bold' as const }] : []),
    ];
  });
}

function footLine(state: DashboardState): Line {
  const { question, message, readOnly, isFiltering, views, tab } = state;
  if (question !== undefined) {
    const what = `${question.how} pid ${question.pid} (${question.label})`;
    return question.danger === undefined
      ? line(` ${what}? y does it, any other key does not`, 'yellow')
      : line(` ${what}? y y does it, any other key does not: it is ${question.danger}`, 'red');
  }
  if (isFiltering)
    return line(` filter: ${views[tab]?.filter ?? ''}_   Enter keeps it, Esc drops it`, 'cyan');
  if (message !== undefined) return line(` ${message}`, 'yellow');
  const act = readOnly ? '' : '  c cancel  K terminate';
  return line(
    ` q quit  ? help  1-9 tabs  ↑↓ select  Enter detail  / filter  s sort  p pause  y copy  e export${act}`,
    'dim',
  );
}
