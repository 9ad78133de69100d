import type { Finding, LockNode, Session, WatchSample } from '../../health/index.js';

export const TABS = ['Activity', 'Locks', 'Checks'] as const;
export type Tab = (typeof TABS)[number];

/** What c and K are about to do, until it is confirmed. */
export interface Question {
  readonly how: 'cancel' | 'terminate';
  readonly pid: number;
  readonly backendStart: Date;
  readonly label: string;
}

/** Everything the screen shows, beside its size. */
export interface DashboardState {
  readonly place: string;
  readonly sample: WatchSample | undefined;
  /** Why the last look failed; the sample is then an old one. */
  readonly problem: string | undefined;
  readonly history: { readonly connections: readonly number[]; readonly transactions: readonly number[] };
  readonly tab: Tab;
  readonly selected: number;
  readonly showsDetail: boolean;
  readonly showsHelp: boolean;
  readonly showsIdle: boolean;
  readonly paused: boolean;
  readonly everyMs: number;
  readonly filter: string;
  readonly isFiltering: boolean;
  readonly question: Question | undefined;
  readonly message: string | undefined;
  readonly readOnly: boolean;
}

/** What a dashboard begins with. */
export function initialState(given: Pick<DashboardState, 'place' | 'everyMs' | 'readOnly'>): DashboardState {
  return {
    ...given,
    sample: undefined,
    problem: undefined,
    history: { connections: [], transactions: [] },
    tab: 'Activity',
    selected: 0,
    showsDetail: false,
    showsHelp: false,
    showsIdle: false,
    paused: false,
    filter: '',
    isFiltering: false,
    question: undefined,
    message: undefined,
  };
}

const HISTORY = 300;

/** The state after a look that worked. */
export function withSample(state: DashboardState, sample: WatchSample): DashboardState {
  const { connections, transactionsPerSecond } = sample.vitals;
  const { history } = state;
  return {
    ...state,
    sample,
    problem: undefined,
    history: {
      connections: [...history.connections, connections].slice(-HISTORY),
      transactions:
        transactionsPerSecond === null
          ? history.transactions
          : [...history.transactions, transactionsPerSecond].slice(-HISTORY),
    },
  };
}

const WORST_FIRST = ['critical', 'warning', 'unknown', 'info', 'ok', 'skipped'];

/** Every server process that the last look saw. */
export function sessionsOf(sample: WatchSample | undefined): readonly Session[] {
  const activity = sample?.snapshot.sections.activity;
  return activity?.state === 'collected' ? activity.data : [];
}

/** Sessions as the Activity tab lists them: the longest transactions first, without ourselves. */
export function listSessions({ sample, showsIdle, filter }: DashboardState): Session[] {
  return sessionsOf(sample)
    .filter(({ ours, backendType, hidden }) => !ours && (backendType === 'client backend' || hidden))
    .filter(({ state, hidden }) => showsIdle || (state !== 'idle' && !hidden))
    .filter((session) =>
      matches(filter, [
        session.user,
        session.database,
        session.applicationName,
        session.state,
        session.query,
        String(session.pid),
      ]),
    )
    .sort((a, b) => (b.transactionAgeMs ?? -1) - (a.transactionAgeMs ?? -1) || a.pid - b.pid);
}

/** Findings as the Checks tab lists them: the worst first. */
export function listFindings({ sample, filter }: DashboardState): Finding[] {
  return (sample?.report.findings ?? [])
    .filter(({ id, title, summary, status }) => matches(filter, [id, title, summary, status]))
    .sort((a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status));
}

export interface LockRow {
  readonly node: LockNode;
  readonly depth: number;
}

/** The lock trees as rows, each below the one that blocks it. */
export function listLocks({ sample, filter }: DashboardState): LockRow[] {
  const flatten = (nodes: readonly LockNode[], depth: number): LockRow[] =>
    nodes.flatMap((node) => [{ node, depth }, ...flatten(node.blocked, depth + 1)]);
  return flatten(sample?.report.lockTree ?? [], 0).filter(({ node }) =>
    matches(filter, [node.user, node.applicationName, node.query, String(node.pid)]),
  );
}

function matches(filter: string, texts: readonly (string | null)[]): boolean {
  const wanted = filter.toLowerCase();
  return wanted === '' || texts.some((text) => text?.toLowerCase().includes(wanted) === true);
}

/** How many rows the open tab has. */
export function countRows(state: DashboardState): number {
  if (state.tab === 'Activity') return listSessions(state).length;
  return state.tab === 'Locks' ? listLocks(state).length : listFindings(state).length;
}

/** The session on which c and K would act; undefined where there is none. */
export function selectedSession(state: DashboardState): Session | undefined {
  if (state.tab === 'Activity') return listSessions(state)[state.selected];
  const pid = state.tab === 'Locks' ? listLocks(state)[state.selected]?.node.pid : undefined;
  return sessionsOf(state.sample).find((session) => session.pid === pid);
}
