import { countRows, selectedSession, TABS, type DashboardState, type Question } from './state.js';

/** What a key asks for beside another state. */
export type Effect = 'quit' | 'suspend' | 'refresh' | { readonly end: Question };

export interface Press {
  readonly state: DashboardState;
  readonly effect?: Effect;
}

const RATES_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];

/** The keys in what a terminal sent: escape sequences and characters. */
export function splitKeys(chunk: string): string[] {
  // eslint-disable-next-line no-control-regex -- keys begin with ESC
  return chunk.match(/\u001b\[[0-9;]*[A-Za-z~]|\u001bO[A-Z]|[^]/gu) ?? [];
}

/** What a key makes of the state. Pure. */
export function press(state: DashboardState, key: string): Press {
  if (key === '\u0003') return { state, effect: 'quit' };
  if (key === '\u001a') return { state, effect: 'suspend' };
  if (state.question !== undefined) return answer(state, state.question, key);
  if (state.isFiltering) return { state: typeFilter(state, key) };
  if (state.showsHelp) return { state: { ...state, showsHelp: false } };
  const action = ACTIONS[key] ?? (() => ({ state }));
  return action({ ...state, message: undefined });
}

/** Anything but y is no. */
function answer(state: DashboardState, question: Question, key: string): Press {
  const closed = { ...state, question: undefined };
  return key === 'y'
    ? { state: closed, effect: { end: question } }
    : { state: { ...closed, message: 'nothing was done' } };
}

function typeFilter(state: DashboardState, key: string): DashboardState {
  if (key === '\r' || key === '\n') return { ...state, isFiltering: false };
  if (key === '\u001b') return { ...state, isFiltering: false, filter: '' };
  if (key === '\u007f' || key === '\b') return { ...state, filter: state.filter.slice(0, -1), selected: 0 };
  return key >= ' ' && Array.from(key).length === 1
    ? { ...state, filter: state.filter + key, selected: 0 }
    : state;
}

type Action = (state: DashboardState) => Press;

const change =
  (changes: (state: DashboardState) => Partial<DashboardState>): Action =>
  (state) => ({ state: { ...state, ...changes(state) } });

const openTab = (index: number) =>
  change(() => ({
    tab: TABS[(index + TABS.length) % TABS.length] ?? 'Activity',
    selected: 0,
    showsDetail: false,
  }));

const move = (step: number) =>
  change((state) => ({
    selected: Math.max(0, Math.min(countRows(state) - 1, state.selected + step)),
  }));

const changeRate = (step: number) =>
  change(({ everyMs }) => {
    const index = RATES_MS.findIndex((rate) => rate >= everyMs);
    return { everyMs: RATES_MS[Math.max(0, Math.min(RATES_MS.length - 1, index + step))] ?? everyMs };
  });

const ask =
  (how: Question['how']): Action =>
  (state) => {
    if (state.readOnly) return { state: { ...state, message: 'the dashboard is read-only' } };
    const session = selectedSession(state);
    if (session?.backendStart == null || session.backendType === 'walsender')
      return { state: { ...state, message: 'select a session first' } };
    const { pid, backendStart, user, applicationName } = session;
    return {
      state: {
        ...state,
        question: { how, pid, backendStart, label: `${user ?? '?'} ${applicationName ?? ''}`.trim() },
      },
    };
  };

const nextTab: Action = (state) => openTab(TABS.indexOf(state.tab) + 1)(state);
const previousTab: Action = (state) => openTab(TABS.indexOf(state.tab) - 1)(state);
const pause = change(({ paused }) => ({ paused: !paused }));
const detail = change(({ showsDetail }) => ({ showsDetail: !showsDetail }));
const help = change(() => ({ showsHelp: true }));

const ACTIONS: Readonly<Record<string, Action>> = {
  q: (state) => ({ state, effect: 'quit' }),
  '1': openTab(0),
  '2': openTab(1),
  '3': openTab(2),
  '\t': nextTab,
  '\u001b[C': nextTab,
  '\u001b[D': previousTab,
  '\u001b[Z': previousTab,
  '\u001b[A': move(-1),
  k: move(-1),
  '\u001b[B': move(1),
  j: move(1),
  '\u001b[5~': move(-10),
  '\u001b[6~': move(10),
  g: move(-Infinity),
  G: change((state) => ({ selected: Math.max(0, countRows(state) - 1) })),
  '\r': detail,
  '\u001b': change(() => ({ showsDetail: false, filter: '' })),
  '/': change(() => ({ isFiltering: true, filter: '' })),
  i: change(({ showsIdle }) => ({ showsIdle: !showsIdle, selected: 0 })),
  p: pause,
  ' ': pause,
  r: (state) => ({ state, effect: 'refresh' }),
  '+': changeRate(-1),
  '-': changeRate(1),
  c: ask('cancel'),
  K: ask('terminate'),
  '?': help,
  h: help,
};
