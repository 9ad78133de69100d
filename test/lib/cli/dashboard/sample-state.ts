import { frame } from '../../../../src/lib/cli/dashboard/frame.js';
import { press } from '../../../../src/lib/cli/dashboard/keys.js';
import { cutLine } from '../../../../src/lib/cli/dashboard/line.js';
import {
  initialState,
  withSample,
  type DashboardState,
  type Size,
} from '../../../../src/lib/cli/dashboard/state.js';
import type { Sections, WatchSample } from '../../../../src/lib/health/index.js';
import { CHECKS } from '../../../../src/lib/health/checks/all.js';
import { reportOf } from '../../../../src/lib/health/check-health.js';
import { vitalsOf } from '../../../../src/lib/health/vitals.js';
import { index, session, slot, snapshotWith, statement, table } from '../../health/healthy-snapshot.js';

export const NOW = new Date('2026-11-22T12:00:05Z');
export const root = session({
  pid: 10,
  applicationName: 'A-root',
  state: 'idle in transaction',
  stateAgeMs: 400_000,
  transactionAgeMs: 400_000,
});
export const waiter = session({
  pid: 20,
  state: 'active',
  transactionAgeMs: 70_000,
  query: 'update acct\nset v = 1',
});

export function sampleOf(
  activity = [root, waiter, session({ pid: 30 })],
  sections: Partial<Sections> = {},
): WatchSample {
  const locks = [
    {
      pid: 20,
      blockers: [10],
      lockType: 'relation',
      mode: 'ShareLock',
      relation: 'public.acct',
      waitMs: 70_000,
    },
  ];
  const snapshot = snapshotWith({ activity, locks, ...sections });
  return {
    report: reportOf(snapshot, CHECKS, { overrides: {}, durationMs: 3 }),
    pendingChecks: 0,
    vitals: vitalsOf(snapshot, undefined, 0),
    snapshot,
    readAt: { activity: NOW.getTime(), locks: NOW.getTime() },
    slowSections: ['tables', 'indexes', 'statements', 'backups', 'migrations'],
    slowEveryMs: 10_000,
    coveredIndexes: new Map(),
  };
}

export const started = initialState({
  place: 'app@db/shop',
  size: { columns: 100, rows: 24 },
  everyMs: 2_000,
  readOnly: false,
  theme: 'dark',
  isAscii: false,
});
export const running = withSample(started, sampleOf());

export function textOf(state: DashboardState, size: Size = state.size): string[] {
  return frame({ ...state, size }, NOW).map((segments) =>
    cutLine(segments, size.columns)
      .map(({ text }) => text)
      .join(''),
  );
}

export const full = withSample(
  started,
  sampleOf(undefined, {
    tables: [table(), table({ table: 'small', sizeBytes: 8_192, deadRows: 900_000, sinceVacuumMs: null })],
    indexes: [index(), index({ columns: [2], valid: false })],
    statements: [statement(), statement({ queryId: '2', query: 'select 2', totalMs: 5, calls: 9_000 })],
    slots: [slot({ active: false, retainedBytes: 3 * 1024 ** 3 })],
  }),
);

export function after(state: DashboardState, ...keys: string[]): DashboardState {
  return keys.reduce((current, key) => press(current, key).state, state);
}
