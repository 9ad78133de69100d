import { describe, expect, it } from 'vitest';
import { frame, type Size } from '../../../../src/lib/cli/dashboard/frame.js';
import { press, splitKeys } from '../../../../src/lib/cli/dashboard/keys.js';
import { cutLine, sparkline } from '../../../../src/lib/cli/dashboard/line.js';
import { Screen } from '../../../../src/lib/cli/dashboard/screen.js';
import { initialState, withSample, type DashboardState } from '../../../../src/lib/cli/dashboard/state.js';
import type { WatchSample } from '../../../../src/lib/health/index.js';
import { CHECKS } from '../../../../src/lib/health/checks/all.js';
import { reportOf } from '../../../../src/lib/health/check-health.js';
import { vitalsOf } from '../../../../src/lib/health/vitals.js';
import { session, snapshotWith } from '../../health/healthy-snapshot.js';

const NOW = new Date('2026-11-22T12:00:05Z');
const root = session({
  pid: 10,
  applicationName: 'A-root',
  state: 'idle in transaction',
  stateAgeMs: 400_000,
  transactionAgeMs: 400_000,
});
const waiter = session({
  pid: 20,
  state: 'active',
  transactionAgeMs: 70_000,
  query: 'update acct\nset v = 1',
});

function sampleOf(activity = [root, waiter, session({ pid: 30 })]): WatchSample {
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
  const snapshot = snapshotWith({ activity, locks });
  return {
    report: reportOf(snapshot, CHECKS, { overrides: {}, durationMs: 3 }),
    pendingChecks: 0,
    vitals: vitalsOf(snapshot, undefined, 0),
    snapshot,
    readAt: {},
  };
}

const started = initialState({ place: 'app@db/shop', everyMs: 2_000, readOnly: false });
const running = withSample(started, sampleOf());

function textOf(state: DashboardState, size: Size = { columns: 100, rows: 24 }): string[] {
  return frame(state, size, NOW).map((segments) =>
    cutLine(segments, size.columns)
      .map(({ text }) => text)
      .join(''),
  );
}

function after(state: DashboardState, ...keys: string[]): DashboardState {
  return keys.reduce((current, key) => press(current, key).state, state);
}

describe('frame', () => {
  it.each([
    [200, 50],
    [100, 24],
    [80, 24],
    [60, 15],
    [40, 10],
    [20, 3],
    [1, 1],
  ])('fills %i x %i exactly, in every tab and mode', (columns, rows) => {
    const states = [
      started,
      running,
      after(running, '2'),
      after(running, '3'),
      after(running, '3', '\r'),
      after(running, '?'),
      after(running, 'K'),
    ];
    for (const state of states) {
      const lines = textOf(state, { columns, rows });
      expect(lines).toHaveLength(rows);
      expect(Math.max(...lines.map((text) => Array.from(text).length))).toBeLessThanOrEqual(columns);
    }
  });

  it('leads with the verdict and lists sessions at work, the oldest transaction first', () => {
    const lines = textOf(running);
    expect(lines[0]).toContain('app@db/shop  PostgreSQL 15.18 primary');
    expect(lines[1]).toMatch(/^ ✖ CRITICAL {2}conn.idle_in_txn: 1 session idle/);
    const rows = lines.filter((text) => /^[> ]\d+ /.test(text));
    expect(rows.map((text) => Number.parseInt(text.slice(1), 10))).toEqual([10, 20]);
    expect(rows[1]).toContain('update acct set v = 1');
  });

  it('shows the lock tree with its root', () => {
    const lines = textOf(after(running, '2'));
    expect(lines.find((text) => text.startsWith('>'))).toContain(
      'pid 10 A-root  idle in transaction for 6 m 40 s',
    );
    expect(lines.find((text) => text.includes('└─'))).toContain(
      'pid 20 web  waits 1 m 10 s for ShareLock on public.acct',
    );
  });

  it('explains a finding with what helps', () => {
    const text = textOf(after(running, '3', '\r')).join('\n');
    expect(text).toContain('select pg_terminate_backend(pid)');
  });

  it('keeps the last frame when the server is gone, and says so', () => {
    const lines = textOf({ ...running, problem: 'cannot reach the server' });
    expect(lines[1]).toBe(' NOT LIVE, 5.0 s old, trying again: cannot reach the server');
    expect(lines.join('\n')).toContain('A-root');
  });

  it('makes foreign texts harmless', () => {
    const evil = session({ pid: 66, state: 'active', transactionAgeMs: 1, query: 'select \u001b[2J\u0007' });
    // eslint-disable-next-line no-control-regex -- none must be left
    expect(textOf(withSample(started, sampleOf([evil]))).join('')).not.toMatch(/[\u0000-\u001f]/u);
  });
});

describe('press', () => {
  it('splits what a terminal sends into keys', () => {
    expect(splitKeys('j\u001b[Aq\u001b[6~é')).toEqual(['j', '\u001b[A', 'q', '\u001b[6~', 'é']);
  });

  it.each([
    ['q', 'quit'],
    ['\u0003', 'quit'],
    ['\u001a', 'suspend'],
    ['r', 'refresh'],
  ])('%j is %s', (key, effect) => {
    expect(press(running, key).effect).toBe(effect);
  });

  it('moves through tabs and rows, and stays within them', () => {
    expect(after(running, '\t').tab).toBe('Locks');
    expect(after(running, '\u001b[D').tab).toBe('Checks');
    expect(after(running, 'j', 'j', 'j').selected).toBe(1);
    expect(after(running, 'k').selected).toBe(0);
    expect(after(running, 'G').selected).toBe(1);
  });

  it('filters rows, also by keys that are commands otherwise', () => {
    const filtered = after(running, '/', 'q', '\u007f', 'u', 'p', 'd', '\r');
    expect(filtered).toMatchObject({ filter: 'upd', isFiltering: false });
    expect(textOf(filtered).filter((text) => /^[> ]\d+ /.test(text))).toHaveLength(1);
    expect(after(filtered, '\u001b').filter).toBe('');
  });

  it('shows idle sessions when asked, pauses, changes the rate', () => {
    expect(textOf(after(running, 'i')).join('\n')).toContain('30 ');
    expect(after(running, ' ').paused).toBe(true);
    expect(after(running, '+').everyMs).toBe(1_000);
    expect(after(running, '-', '-', '-', '-', '-').everyMs).toBe(30_000);
  });

  it('ends a session only after y, and names it by its start', () => {
    const asked = after(running, 'K');
    expect(textOf(asked).at(-1)).toContain('terminate pid 10 (app A-root)?');
    expect(press(asked, 'y').effect).toMatchObject({
      end: { how: 'terminate', pid: 10, backendStart: root.backendStart },
    });
    expect(press(asked, 'x')).toEqual({ state: { ...running, message: 'nothing was done' } });
  });

  it('ends nothing when read-only', () => {
    const state = after({ ...running, readOnly: true }, 'c');
    expect(state).toMatchObject({ question: undefined, message: 'the dashboard is read-only' });
  });
});

describe('Screen', () => {
  it('writes only what changed, never wipes the scrollback, and gives the terminal back', () => {
    const written: string[] = [];
    const screen = new Screen({ columns: 80, rows: 3, write: (text) => written.push(text) });
    screen.enter();
    screen.paint(['a', 'b', 'c']);
    screen.paint(['a', 'X', 'c']);
    expect(written.at(-1)).toBe('\u001b[?2026h\u001b[2;1HX\u001b[K\u001b[?2026l');
    screen.paint(['a', 'X', 'c']);
    expect(written).toHaveLength(3);
    screen.leave();
    screen.leave();
    expect(written.slice(3)).toEqual(['\u001b[?7h\u001b[?25h\u001b[?1049l']);
    expect(written.join('')).not.toContain('\u001b[3J');
  });
});

describe('sparkline', () => {
  it('scales to the largest value', () => {
    expect(sparkline([0, 1, 2, 4], 10)).toBe('▁▃▅█');
    expect(sparkline([1, 2, 3], 2)).toBe('▆█');
    expect(sparkline([0, 0], 5)).toBe('▁▁');
  });
});
