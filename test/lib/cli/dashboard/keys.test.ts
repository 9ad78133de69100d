import { describe, expect, it } from 'vitest';
import { exportView } from '../../../../src/lib/cli/dashboard/export-view.js';
import { KeyReader } from '../../../../src/lib/cli/dashboard/key-reader.js';
import { press } from '../../../../src/lib/cli/dashboard/keys.js';
import { openPanel, withSample, type DashboardState } from '../../../../src/lib/cli/dashboard/state.js';
import { TABS } from '../../../../src/lib/cli/dashboard/tabs/all.js';
import { session } from '../../health/healthy-snapshot.js';

import { NOW, after, full, root, running, sampleOf, started, textOf, waiter } from './sample-state.js';
describe('press', () => {
  it('splits what a terminal sends into keys', () => {
    expect(new KeyReader().read('j\u001b[Aq\u001b[6~é')).toEqual(['j', '\u001b[A', 'q', '\u001b[6~', 'é']);
  });

  it('takes a paste for text, never for keys, however it comes', () => {
    const reader = new KeyReader();
    const keys = ['j\u001b[200~K', 'y\nq\u001b[20', '1~k'].flatMap((chunk) => reader.read(chunk));
    expect(keys).toEqual(['j', '\u001b[200~Ky\nq', 'k']);
    const [, paste = ''] = keys;
    expect(press(after(running, 'K'), paste)).toMatchObject({
      state: { question: undefined, message: 'what is pasted does nothing here' },
    });
    expect(press(after(running, 'K'), paste).effect).toBeUndefined();
    expect(openPanel(after(running, '/', 'x', paste)).view.filter).toBe('xKy q');
    const long = ['\u001b[200~', 'a'.repeat(30_000), 'b', '\u001b[201~q'].flatMap((chunk) =>
      reader.read(chunk),
    );
    expect(long.map((key) => key.slice(-1))).toEqual(['b', 'q']);
    expect(long[0]?.length).toBeLessThan(20_000);
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
    expect(openPanel(after(running, '\t')).tab.title).toBe('Locks');
    expect(openPanel(after(running, '\u001b[D')).tab.title).toBe('Checks');
    for (const [place, { title }] of TABS.entries())
      expect(openPanel(after(running, String(place + 1))).tab.title).toBe(title);
    expect(openPanel(after(running, 'j', 'j', 'j')).index).toBe(1);
    expect(openPanel(after(running, 'k')).index).toBe(0);
    expect(openPanel(after(running, 'G')).index).toBe(1);
    expect(openPanel(after(running, '\u001b[6~', '\u001b[5~')).index).toBe(0);
  });

  it('filters rows, also by keys that are commands otherwise', () => {
    const filtered = after(running, '/', 'q', '\u007f', 'u', 'p', 'd', '\r');
    expect(openPanel(filtered).view.filter).toBe('upd');
    expect(filtered.isFiltering).toBe(false);
    expect(textOf(filtered).filter((text) => /^[> ]\d+ {2,}/.test(text))).toHaveLength(1);
    expect(openPanel(after(filtered, '\u001b')).view.filter).toBe('');
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

  it('asks twice before it ends what others depend on, and never ends itself', () => {
    const backup = session({ pid: 50, applicationName: 'pg_dump', state: 'active' });
    const asked = after(withSample(started, sampleOf([backup])), 'K');
    expect(textOf(asked).at(-1)).toContain('y y does it, any other key does not: it is a running pg_dump');
    const again = press(asked, 'y');
    expect(again.effect).toBeUndefined();
    expect(textOf(again.state).at(-1)).toContain('terminate pid 50');
    expect(press(again.state, 'y').effect).toMatchObject({ end: { pid: 50 } });
    expect(press(again.state, 'n').state.message).toBe('nothing was done');
    const sender = session({ pid: 300, backendType: 'walsender', applicationName: 'standby1' });
    const receivers = withSample(started, sampleOf([sender]));
    expect(after(receivers, '6', '/', ...Array.from('receiver'), '\r', 'K').question?.danger).toContain(
      'feeds a standby',
    );
  });

  it('keeps the selection on its row, wherever that goes', () => {
    const chosen = after(running, 'j');
    const late = session({ pid: 40, state: 'active', transactionAgeMs: 100_000 });
    const moved = withSample(chosen, sampleOf([root, late, waiter]));
    expect(openPanel(moved).selected?.key).toBe(openPanel(chosen).selected?.key);
    expect(openPanel(moved).index).toBe(2);
    expect(openPanel(withSample(moved, sampleOf([root, late]))).index).toBe(1);
  });

  it('sorts by the next column and the other way round', () => {
    const first = (state: DashboardState) => openPanel(state).rows[0]?.record()['table'];
    const byDead = after(full, '3', 's');
    expect(textOf(byDead).join('\n')).toContain('2 rows, by dead');
    expect([first(after(full, '3')), first(byDead), first(after(byDead, 'S'))]).toEqual([
      'big',
      'small',
      'big',
    ]);
    expect(after(full, '2', 's').message).toContain('order of their own');
  });

  it('opens the detail of a row, scrolls it, and stays with it', () => {
    const long = session({ pid: 77, state: 'active', transactionAgeMs: 5, query: 'select 1,\n'.repeat(60) });
    const opened = after(withSample(started, sampleOf([long])), '\r');
    expect(textOf(opened).join('\n')).toContain('connected at');
    const scrolled = after(opened, 'G');
    expect(textOf(scrolled).join('\n')).not.toContain('connected at');
    expect(after(scrolled, 'G', 'j')).toEqual(scrolled);
    expect(textOf(after(scrolled, 'g')).join('\n')).toContain('connected at');
    const gone = withSample(opened, sampleOf([root]));
    expect(textOf(gone).join('\n')).toContain('it is gone');
    expect(after(gone, '\u001b').detail).toBeUndefined();
  });

  it('copies what the row is about, and exports the rows that are shown', () => {
    expect(press(after(running, 'j'), 'y').effect).toEqual({ copy: 'update acct\nset v = 1' });
    expect(press(running, 'e').effect).toEqual({ save: 'json' });
    const filtered = after(running, '/', ...Array.from('acct'), '\r');
    const json = exportView(filtered, 'json', NOW);
    expect(json.fileName).toBe('bk-db-activity-20261122T120005Z.json');
    expect(JSON.parse(json.text)).toMatchObject({ filter: 'acct', rows: [{ pid: 20, user: 'app' }] });
    const csv = exportView(filtered, 'csv', NOW).text.trim().split('\n');
    expect(csv[0]).toContain('pid,database,user');
    expect(csv[1]).toContain('2026-11-22T11:00:00.000Z');
  });

  it('changes the colours', () => {
    expect([
      after(running, 'T').theme,
      after(running, 'T', 'T').theme,
      after(running, 'T', 'T', 'T').theme,
    ]).toEqual(['light', 'mono', 'dark']);
  });

  it('ends nothing when read-only', () => {
    const state = after({ ...running, readOnly: true }, 'c');
    expect(state).toMatchObject({ question: undefined, message: 'the dashboard is read-only' });
  });
});
