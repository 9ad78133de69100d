import type { Session, WatchSample } from '../../health/index.js';
import { parseFilter } from './filter.js';
import { TABS } from './tabs/all.js';
import type { Row, Tab } from './tabs/tab.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What c and K are about to do, until it is confirmed. */
export interface Question {
  readonly how: 'cancel' | 'terminate';
  readonly pid: number;
  readonly backendStart: Date;
  readonly label: string;
  /** Why it takes a second y; undefined for an ordinary session, and after the first one. */
  readonly danger: string | undefined;
}

/** How one tab is looked at. */
export interface View {
  /** The selected row; undefined until something was selected, which then is the first one. */
  readonly key: string | undefined;
  /** Where it was last, for the time after it is gone. */
  readonly index: number;
  readonly sort: number;
  readonly isReversed: boolean;
  readonly filter: string;
}

export const THEMES = ['dark', 'light', 'mono'] as const;
export type Theme = (typeof THEMES)[number];

/** Past values of the vital signs, oldest first. */
export interface History {
  readonly connections: readonly number[];
  readonly transactions: readonly number[];
  readonly cacheHit: readonly number[];
  readonly wal: readonly number[];
}

/** Everything the screen shows. */
export interface DashboardState {
  readonly place: string;
  readonly size: Size;
  readonly sample: WatchSample | undefined;
  /** Why the last look failed; the sample is then an old one. */
  readonly problem: string | undefined;
  readonly history: History;
  /** Place in {@link TABS}. */
  readonly tab: number;
  readonly views: readonly View[];
  /** The row of which everything is shown, and the first of its lines that is. */
  readonly detail: { readonly key: string; readonly offset: number } | undefined;
  readonly showsHelp: boolean;
  readonly showsIdle: boolean;
  readonly paused: boolean;
  readonly everyMs: number;
  readonly isFiltering: boolean;
  readonly question: Question | undefined;
  readonly message: string | undefined;
  readonly readOnly: boolean;
  readonly theme: Theme;
  readonly isAscii: boolean;
}

type Given = Pick<DashboardState, 'place' | 'size' | 'everyMs' | 'readOnly' | 'theme' | 'isAscii'>;

/** What a dashboard begins with. */
export function initialState(given: Given): DashboardState {
  return {
    ...given,
    sample: undefined,
    problem: undefined,
    history: { connections: [], transactions: [], cacheHit: [], wal: [] },
    tab: 0,
    views: TABS.map(() => ({ key: undefined, index: 0, sort: 0, isReversed: false, filter: '' })),
    detail: undefined,
    showsHelp: false,
    showsIdle: false,
    paused: false,
    isFiltering: false,
    question: undefined,
    message: undefined,
  };
}

const HISTORY = 300;

/** The state after a look that worked. */
export function withSample(state: DashboardState, sample: WatchSample): DashboardState {
  const { connections, transactionsPerSecond, cacheHitPercent, walBytesPerSecond } = sample.vitals;
  const { history } = state;
  const looked = {
    ...state,
    sample,
    problem: undefined,
    history: {
      connections: append(history.connections, connections),
      transactions: append(history.transactions, transactionsPerSecond),
      cacheHit: append(history.cacheHit, cacheHitPercent),
      wal: append(history.wal, walBytesPerSecond),
    },
  };
  return withView(looked, { index: openPanel(looked).index });
}

function append(values: readonly number[], value: number | null): readonly number[] {
  return value === null ? values : [...values, value].slice(-HISTORY);
}

/** The open tab with its rows as they are filtered and sorted. */
export interface Panel {
  readonly tab: Tab;
  readonly view: View;
  readonly rows: readonly Row[];
  /** How many there are without the filter. */
  readonly total: number;
  readonly index: number;
  readonly selected: Row | undefined;
}

/** What the open tab shows. */
export function openPanel({ tab: place, views, sample, showsIdle }: DashboardState): Panel {
  const { tab, view } = tabAndView(place, views);
  const all = sample === undefined ? [] : tab.rows(sample, { showsIdle }, view);
  const rows = view.filter === '' ? all : all.filter(parseFilter(view.filter));
  const found = rows.findIndex(({ key }) => key === view.key);
  const index = found >= 0 ? found : Math.max(0, Math.min(view.index, rows.length - 1));
  return { tab, view, rows, total: all.length, index, selected: rows[index] };
}

function tabAndView(place: number, views: readonly View[]): { tab: Tab; view: View } {
  const tab = TABS[place];
  const view = views[place];
  if (tab === undefined || view === undefined) throw new Error(`there is no tab ${place}`);
  return { tab, view };
}

/** The state with the open tab looked at in another way. */
export function withView(state: DashboardState, changes: Partial<View>): DashboardState {
  return {
    ...state,
    views: state.views.map((view, place) => (place === state.tab ? { ...view, ...changes } : view)),
  };
}

/** The row of which everything is shown, wherever the filter or its idleness would put it; undefined when it is gone. */
export function detailRow({ detail, sample, tab: place, views }: DashboardState): Row | undefined {
  if (detail === undefined || sample === undefined) return undefined;
  const { tab, view } = tabAndView(place, views);
  return tab.rows(sample, { showsIdle: true }, view).find(({ key }) => key === detail.key);
}

/** The session on which c and K would act; undefined where there is none. */
export function selectedSession(state: DashboardState): Session | undefined {
  return (state.detail === undefined ? openPanel(state).selected : detailRow(state))?.session();
}
