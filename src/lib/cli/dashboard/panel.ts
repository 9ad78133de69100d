import type { SectionName } from '../../health/index.js';
import { formatDuration, plural } from '../format.js';
import { cell, line, wrap, type Line, type Segment } from './line.js';
import { detailRow, openPanel, type DashboardState, type Panel } from './state.js';
import type { Cell, Detail, Row, Tab } from './tabs/tab.js';

type Column = Tab['columns'][number];

/** The open tab's rows in so many lines, or all that is known of one of them. Pure. */
export function panelLines(state: DashboardState, rows: number): Line[] {
  if (state.sample === undefined) return [];
  if (state.detail !== undefined) return detailLines(state).slice(state.detail.offset);
  const panel = openPanel(state);
  if (panel.rows.length === 0)
    return wrap(emptyText(panel, state), state.size.columns).map(([segment]) =>
      line(segment?.text ?? '', 'dim'),
    );
  const shown = panel.tab.columns.filter(({ from = 0 }) => state.size.columns >= from);
  const visible = Math.max(1, rows - 1);
  const first = Math.max(0, Math.min(panel.index - Math.floor(visible / 2), panel.rows.length - visible));
  return [
    headLine(shown),
    ...panel.rows
      .slice(first, first + visible)
      .map((row, place) => rowLine(row, panel.tab, shown, first + place === panel.index)),
  ];
}

function headLine(columns: readonly Column[]): Line {
  return line(` ${columns.map(({ head, width, align }) => cell(head, width, align)).join(' ')}`, 'dim');
}

function rowLine({ cells }: Row, { columns }: Tab, shown: readonly Column[], isSelected: boolean): Line {
  const pieces = columns.flatMap((column, place): Segment[] => {
    const content = cells[place];
    if (content === undefined || !shown.includes(column)) return [];
    return [
      {
        text: place === columns.length - 1 ? content.text : fitted(content, column),
        style: content.style,
      },
    ];
  });
  return [{ text: isSelected ? '>' : ' ', style: 'bold' }, ...pieces];
}

function fitted({ text }: Cell, { width, align }: Column): string {
  return `${cell(text, width, align)} `;
}

/** Why there is nothing: not read yet, not readable, not applicable, filtered away, or really nothing. */
function emptyText({ tab, view, total }: Panel, { sample, paused }: DashboardState): string {
  const [main] = tab.needs;
  const section = main === undefined ? undefined : sample?.snapshot.sections[main];
  if (main !== undefined && section === undefined)
    return paused ? 'was not read before the pause; p goes on' : 'is being read ...';
  if (section?.state === 'failed') return `cannot be read: ${section.reason}`;
  if (section?.state === 'absent') return section.reason;
  return total > 0 && view.filter !== '' ? 'nothing matches the filter; Esc drops it' : tab.empty;
}

/** Every line of the detail pane. */
export function detailLines(state: DashboardState): Line[] {
  const row = detailRow(state);
  return row === undefined ? [line(' it is gone', 'dim')] : linesOf(row.detail(), state.size.columns);
}

const NAME_WIDTH = 22;

function linesOf({ facts, texts = [] }: Detail, columns: number): Line[] {
  const known = Object.entries(facts).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  return [
    ...known.flatMap(([name, value]) => factLines(name, String(value), columns)),
    ...texts.flatMap((text) => [line(''), ...wrap(text, columns)]),
  ];
}

function factLines(name: string, value: string, columns: number): Line[] {
  return wrap(value, columns - NAME_WIDTH).map((segments, place) => [
    { text: ` ${cell(place === 0 ? name : '', NAME_WIDTH - 1)}`, style: 'dim' },
    ...segments,
  ]);
}

/** How many rows, in which order, by which filter, and how old. */
export function statusLine(state: DashboardState, now: Date): Line {
  const { tab, view, rows, total } = openPanel(state);
  const count = rows.length === total ? plural(total, 'row') : `${rows.length} of ${plural(total, 'row')}`;
  const by = tab.sorts[view.sort];
  const order = by === undefined ? '' : `, by ${by}${view.isReversed ? ' reversed' : ''}`;
  const age = staleMs(state, tab.needs, now);
  return [
    {
      text: ` ${state.detail === undefined ? `${count}${order}` : 'Esc goes back to the rows'}`,
      style: 'dim',
    },
    { text: view.filter === '' ? '' : `  /${view.filter}`, style: 'cyan' },
    { text: age === undefined ? '' : `  ${formatDuration(age)} old`, style: 'yellow' },
  ];
}

/** The age of the oldest section that the tab shows, when that is more than two refreshes. */
function staleMs(
  { sample, everyMs }: DashboardState,
  needs: readonly SectionName[],
  now: Date,
): number | undefined {
  if (sample === undefined) return undefined;
  const ages = needs.flatMap((name) => {
    const readAt = sample.readAt[name];
    if (readAt === undefined) return [];
    const isSlow = sample.slowSections.includes(name);
    const limit = 2 * (isSlow ? Math.max(everyMs, sample.slowEveryMs) : everyMs);
    const age = now.getTime() - readAt;
    return age > limit ? [age] : [];
  });
  return ages.length === 0 ? undefined : Math.max(...ages);
}
