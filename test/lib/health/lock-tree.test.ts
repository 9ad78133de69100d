import { describe, expect, it } from 'vitest';
import { buildLockTree } from '../../../src/lib/health/index.js';
import type { LockNode } from '../../../src/lib/health/index.js';
import type { LockWait } from '../../../src/lib/health/collectors/locks.js';
import { hiddenSession, session } from './healthy-snapshot.js';

function wait(pid: number, blockers: number[], waitMs = 1_000): LockWait {
  return { pid, blockers, lockType: 'relation', mode: 'AccessShareLock', relation: 'public.acct', waitMs };
}

/** A tree as nested pids. */
function shape(nodes: readonly LockNode[]): unknown[] {
  return nodes.map(({ pid, blocked }) => (blocked.length === 0 ? pid : [pid, ...shape(blocked)]));
}

describe('buildLockTree', () => {
  it('is empty when nobody waits', () => {
    expect(buildLockTree([], [session()])).toEqual([]);
  });

  it('shows the chain of six as one tree under its root, the queued ALTER TABLE above the reader', () => {
    const [a, b, c, d, e, f] = [10, 20, 30, 40, 50, 60] as const;
    const waits = [
      wait(b, [a], 6_000),
      wait(d, [a], 5_000),
      wait(c, [b], 4_000),
      wait(e, [c, d, b, a], 3_000),
      wait(f, [e], 2_000),
    ];
    const tree = buildLockTree(waits, [
      session({ pid: a, applicationName: 'A-root', state: 'idle in transaction' }),
    ]);
    expect(shape(tree)).toEqual([[a, [b, c], d, [e, f]]]);
    expect(tree[0]).toMatchObject({ applicationName: 'A-root', waitsFor: null, alsoBlockedBy: [] });
    expect(tree[0]?.blocked[2]?.alsoBlockedBy).toEqual([c, d, b]);
  });

  it('keeps separate chains apart, the larger first', () => {
    expect(shape(buildLockTree([wait(2, [1]), wait(12, [11]), wait(13, [12])], []))).toEqual([
      [11, [12, 13]],
      [1, 2],
    ]);
  });

  it('cuts a ring, so that a deadlock not yet broken is still shown whole', () => {
    expect(shape(buildLockTree([wait(1, [2]), wait(2, [1]), wait(3, [2])], []))).toEqual([[1, [2, 3]]]);
  });

  it('names a prepared transaction, and a session that is hidden or gone', () => {
    const tree = buildLockTree([wait(2, [0]), wait(3, [200]), wait(4, [999])], [hiddenSession]);
    expect(tree.map(({ pid, state, query }) => [pid, state, query])).toEqual([
      [0, 'prepared transaction', null],
      [200, null, null],
      [999, null, null],
    ]);
  });

  it('lists a blocker once although a parallel query names it per worker', () => {
    expect(buildLockTree([wait(5, [1, 1, 2, 2])], [])[0]?.blocked[0]?.alsoBlockedBy).toEqual([2]);
  });
});
