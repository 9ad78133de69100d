import { panelRows } from './frame.js';
import { isPaste, pastedText } from './key-reader.js';
import { detailLines } from './panel.js';
import {
  openPanel,
  selectedSession,
  THEMES,
  withView,
  type DashboardState,
  type Question,
  type Theme,
} from './state.js';
import { askToEnd } from './end-question.js';
import { TABS } from './tabs/all.js';

/** What a key asks for beside another state. */
export type Effect =
  | 'quit'
  | 'suspend'
  | 'refresh'
  | { readonly end: Question }
  | { readonly copy: string }
  | { readonly save: 'json' | 'csv' };

export interface Press {
  readonly state: DashboardState;
  readonly effect?: Effect;
}

const RATES_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];

/** What a key makes of the state. Pure. */
export function press(state: DashboardState, key: string): Press {
  if (key === '\u0003') return { state, effect: 'quit' };
  if (key === '\u001a') return { state, effect: 'suspend' };
  if (isPaste(key)) return { state: paste(state, key) };
  if (state.question !== undefined) return answer(state, state.question, key);
  if (state.isFiltering) return { state: typeFilter(state, key) };
  if (state.showsHelp) return { state: { ...state, showsHelp: false } };
  const action = ACTIONS[key] ?? ((given) => ({ state: given }));
  return action({ ...state, message: undefined });
}

/** Anything but y is no; what is dangerous takes a second one. */
function answer(state: DashboardState, question: Question, key: string): Press {
  const closed = { ...state, question: undefined };
  if (key !== 'y') return { state: { ...closed, message: 'nothing was done' } };
  if (question.danger === undefined) return { state: closed, effect: { end: question } };
  return { state: { ...state, question: { ...question, danger: undefined } } };
}

function typeFilter(state: DashboardState, key: string): DashboardState {
  const filter = state.views[state.tab]?.filter ?? '';
  if (key === '\r' || key === '\n') return { ...state, isFiltering: false };
  if (key === '\u001b') return withView({ ...state, isFiltering: false }, { filter: '' });
  if (key === '\u007f' || key === '\b') return withView(state, { filter: filter.slice(0, -1), index: 0 });
  return key >= ' ' && Array.from(key).length === 1
    ? withView(state, { filter: filter + key, index: 0 })
    : state;
}

/** What was pasted may belong into the filter; as keys it could end a session. */
function paste(state: DashboardState, key: string): DashboardState {
  if (!state.isFiltering)
    return { ...state, question: undefined, message: 'what is pasted does nothing here' };
  return withView(state, { filter: (state.views[state.tab]?.filter ?? '') + pastedText(key), index: 0 });
}

type Action = (state: DashboardState) => Press;

const change =
  (changes: (state: DashboardState) => Partial<DashboardState>): Action =>
  (state) => ({ state: { ...state, ...changes(state) } });

const openTab = (place: number) =>
  change(() => ({ tab: (place + TABS.length) % TABS.length, detail: undefined }));

/** A step through the rows, or through the lines of the detail. */
const move =
  (step: (state: DashboardState) => number): Action =>
  (state) => {
    if (state.detail !== undefined) {
      const last = Math.max(0, detailLines(state).length - panelRows(state));
      const offset = clamp(state.detail.offset + step(state), last);
      return { state: { ...state, detail: { ...state.detail, offset } } };
    }
    const { rows, index } = openPanel(state);
    const next = clamp(index + step(state), rows.length - 1);
    return { state: withView(state, { index: next, key: rows[next]?.key }) };
  };

function clamp(value: number, last: number): number {
  return Math.max(0, Math.min(last, value));
}

const up = move(() => -1);
const down = move(() => 1);
const pageUp = move((state) => -panelRows(state));
const pageDown = move(panelRows);
const first = move(() => -Infinity);
const last = move(() => Infinity);

const changeRate = (step: number) =>
  change(({ everyMs }) => {
    const place = RATES_MS.findIndex((rate) => rate >= everyMs);
    return { everyMs: RATES_MS[clamp(place + step, RATES_MS.length - 1)] ?? everyMs };
  });

const ask =
  (how: Question['how']): Action =>
  (state) => ({
    state: { ...state, ...askToEnd(how, selectedSession(state), state.readOnly) },
  });

const sortByNext: Action = (state) => {
  const { tab, view } = openPanel(state);
  if (tab.sorts.length === 0)
    return { state: { ...state, message: 'these rows have an order of their own' } };
  return { state: withView(state, { sort: (view.sort + 1) % tab.sorts.length, isReversed: false }) };
};

const reverse: Action = (state) => {
  const { tab, view } = openPanel(state);
  if (tab.sorts.length === 0)
    return { state: { ...state, message: 'these rows have an order of their own' } };
  return { state: withView(state, { isReversed: !view.isReversed }) };
};

const copy: Action = (state) => {
  const { selected } = openPanel(state);
  return selected === undefined
    ? { state: { ...state, message: 'there is nothing to copy' } }
    : { state, effect: { copy: selected.copy() } };
};

const save =
  (form: 'json' | 'csv'): Action =>
  (state) =>
    state.sample === undefined ? { state } : { state, effect: { save: form } };

const openDetail: Action = (state) => {
  const key = state.detail === undefined ? openPanel(state).selected?.key : undefined;
  return { state: { ...state, detail: key === undefined ? undefined : { key, offset: 0 } } };
};

/** Closes the detail; without one it drops the filter. */
const back: Action = (state) =>
  state.detail === undefined
    ? { state: withView(state, { filter: '' }) }
    : { state: { ...state, detail: undefined } };

const nextTheme = change(({ theme }) => {
  const next: Theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'dark';
  return { theme: next, message: `colours: ${next === 'mono' ? 'none' : next}` };
});

const nextTab: Action = (state) => openTab(state.tab + 1)(state);
const previousTab: Action = (state) => openTab(state.tab - 1)(state);
const pause = change(({ paused }) => ({ paused: !paused }));
const help = change(() => ({ showsHelp: true }));
const filter: Action = (state) => ({
  state: withView({ ...state, isFiltering: true, detail: undefined }, { filter: '' }),
});

const ACTIONS: Readonly<Record<string, Action>> = {
  ...Object.fromEntries(TABS.map((_, place) => [String(place + 1), openTab(place)])),
  q: (state) => ({ state, effect: 'quit' }),
  '\t': nextTab,
  '\u001b[C': nextTab,
  '\u001bOC': nextTab,
  '\u001b[D': previousTab,
  '\u001bOD': previousTab,
  '\u001b[Z': previousTab,
  '\u001b[A': up,
  '\u001bOA': up,
  k: up,
  '\u001b[B': down,
  '\u001bOB': down,
  j: down,
  '\u001b[5~': pageUp,
  '\u001b[6~': pageDown,
  '\u001b[H': first,
  '\u001b[1~': first,
  g: first,
  '\u001b[F': last,
  '\u001b[4~': last,
  G: last,
  '\r': openDetail,
  '\u001b': back,
  '/': filter,
  s: sortByNext,
  S: reverse,
  i: change(({ showsIdle }) => ({ showsIdle: !showsIdle })),
  p: pause,
  ' ': pause,
  r: (state) => ({ state, effect: 'refresh' }),
  '+': changeRate(-1),
  '-': changeRate(1),
  c: ask('cancel'),
  K: ask('terminate'),
  y: copy,
  e: save('json'),
  E: save('csv'),
  T: nextTheme,
  '?': help,
  h: help,
};
