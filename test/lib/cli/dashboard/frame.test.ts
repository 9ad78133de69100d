import { describe, expect, it } from 'vitest';
import { asciiLine } from '../../../../src/lib/cli/dashboard/ascii.js';
import { frame } from '../../../../src/lib/cli/dashboard/frame.js';
import { withSample, type DashboardState } from '../../../../src/lib/cli/dashboard/state.js';
import { TABS } from '../../../../src/lib/cli/dashboard/tabs/all.js';
import { hiddenSession, session } from '../../health/healthy-snapshot.js';

import { NOW, after, full, running, sampleOf, started, textOf } from './sample-state.js';
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
      ...TABS.map((_, place) => after(full, String(place + 1))),
      ...TABS.map((_, place) => after(full, String(place + 1), '\r')),
      after(running, '?'),
      after(running, '/', 'x'),
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
    const rows = lines.filter((text) => /^[> ]\d+ {2,}/.test(text));
    expect(rows.map((text) => Number.parseInt(text.slice(1), 10))).toEqual([10, 20]);
    expect(rows[1]).toContain('update acct set v = 1');
  });

  it('takes a hidden process for a session only where it has a database', () => {
    const process = { ...hiddenSession, pid: 901, database: null };
    const hidden = { ...hiddenSession, pid: 902 };
    const text = textOf(after(withSample(started, sampleOf([process, hidden])), 'i')).join('\n');
    expect(text).toContain('902');
    expect(text).not.toContain('901');
  });

  it('calls nothing well before everything was looked at', () => {
    const quiet = sampleOf([]);
    const report = { ...quiet.report, verdict: { status: 'ok' as const, summary: '9 ok', headline: null } };
    const text = (pendingChecks: number) =>
      textOf(withSample(started, { ...quiet, report, pendingChecks }))[1];
    expect(text(20)).toBe(' ✓ OK SO FAR  (20 checks to come)  9 ok');
    expect(text(0)).toBe(' ✓ OK  9 ok');
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
    const text = textOf(after(running, '9', '\r')).join('\n');
    expect(text).toContain('select pg_terminate_backend(pid)');
  });

  it('keeps the last frame when the server is gone, and says so', () => {
    const lines = textOf({ ...running, problem: 'cannot reach the server' });
    expect(lines[1]).toBe(' NOT LIVE, 5.0 s old, trying again: cannot reach the server');
    expect(lines.join('\n')).toContain('A-root');
  });

  it('says why a tab is empty', () => {
    const panel = (state: DashboardState) => textOf(after(state, '5')).join('\n');
    const sections = { ...sampleOf().snapshot.sections };
    delete sections.statements;
    const unread = { ...sampleOf(), snapshot: { ...sampleOf().snapshot, sections } };
    expect(panel(withSample(started, unread))).toContain('is being read ...');
    const absent = { ...sections, statements: { state: 'absent', reason: 'it is not installed' } as const };
    const without = { ...sampleOf(), snapshot: { ...sampleOf().snapshot, sections: absent } };
    expect(panel(withSample(started, without))).toContain('it is not installed');
    expect(panel(full)).toContain('select 2');
    expect(textOf(after(full, '5', '/', 'z')).join('\n')).toContain('nothing matches the filter');
  });

  it('shows the age of what is older than two refreshes', () => {
    const old = {
      ...sampleOf(),
      readAt: { activity: NOW.getTime() - 12_000, tables: NOW.getTime() - 12_000 },
    };
    expect(textOf(withSample(started, old)).join('\n')).toContain('12.0 s old');
    expect(textOf(after(withSample(started, old), '3')).join('\n')).not.toContain(' old');
  });

  it('names every tab where there is room, and marks those that deserve a look', () => {
    expect(textOf(full, { columns: 120, rows: 36 }).join('\n')).toMatch(
      /\[1 Activity] 2 Locks● 3 Tables .*9 Checks✖/,
    );
    expect(textOf(full, { columns: 60, rows: 15 }).join('\n')).toContain('[1 Activity] 2● 3');
  });

  it('draws everything in ASCII when asked', () => {
    for (const place of TABS.keys())
      for (const segments of frame(
        after({ ...full, size: { columns: 120, rows: 36 } }, String(place + 1)),
        NOW,
      ))
        expect(
          asciiLine(segments)
            .map(({ text }) => text)
            .join(''),
        ).toMatch(/^[\u0020-\u007e]*$/);
  });

  it('makes foreign texts harmless', () => {
    const evil = session({ pid: 66, state: 'active', transactionAgeMs: 1, query: 'select \u001b[2J\u0007' });
    // eslint-disable-next-line no-control-regex -- none must be left
    expect(textOf(withSample(started, sampleOf([evil]))).join('')).not.toMatch(/[\u0000-\u001f]/u);
  });
});
