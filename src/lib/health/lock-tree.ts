import { beginningOf, type Session } from './collectors/activity.js';
import type { LockWait } from './collectors/locks.js';
import type { LockNode } from './types.js';

/**
 * Who waits for whom, as trees: each root blocks others and waits for nobody. A session with several blockers
 * is shown once, under the one nearest to a root; the others are named in `alsoBlockedBy`. Pure.
 */
export function buildLockTree(waits: readonly LockWait[], sessions: readonly Session[]): LockNode[] {
  const depths = depthsOf(waits);
  const parents = new Map(waits.map((wait) => [wait.pid, nearestToRoot(wait, depths)]));
  const builder: TreeBuilder = {
    waits: new Map(waits.map((wait) => [wait.pid, wait])),
    sessions: new Map(sessions.map((session) => [session.pid, session])),
    childrenOf: (pid) => waits.filter((wait) => parents.get(wait.pid) === pid),
    parents,
  };
  const roots = [...depths].filter(([, depth]) => depth === 0).map(([pid]) => pid);
  return roots
    .map((pid) => nodeOf(pid, builder))
    .sort((a, b) => countBlocked(b) - countBlocked(a) || longestWait(b) - longestWait(a));
}

/** How many sessions wait below a node. */
export function countBlocked(node: LockNode): number {
  return node.blocked.reduce((sum, child) => sum + 1 + countBlocked(child), 0);
}

/** The longest wait below a node in ms. */
function longestWait(node: LockNode): number {
  return Math.max(
    0,
    ...node.blocked.map((child) => Math.max(child.waitsFor?.waitMs ?? 0, longestWait(child))),
  );
}

interface TreeBuilder {
  readonly waits: ReadonlyMap<number, LockWait>;
  readonly sessions: ReadonlyMap<number, Session>;
  readonly childrenOf: (pid: number) => readonly LockWait[];
  readonly parents: ReadonlyMap<number, number | undefined>;
}

/** Steps from a root, breadth first; a ring of waiters (a deadlock not yet broken) is cut at its lowest pid. */
function depthsOf(waits: readonly LockWait[]): Map<number, number> {
  const waiting = new Set(waits.map(({ pid }) => pid));
  const depths = new Map<number, number>();
  for (const pid of waits.flatMap(({ blockers }) => blockers)) if (!waiting.has(pid)) depths.set(pid, 0);
  let open = waits.filter(({ blockers }) => blockers.length > 0);
  while (open.length > 0) {
    const reached = open.filter(({ blockers }) => blockers.some((pid) => depths.has(pid)));
    if (reached.length === 0) depths.set(Math.min(...open.map(({ pid }) => pid)), 0);
    const next = reached.map(({ pid, blockers }) => [pid, 1 + shallowest(blockers, depths)] as const);
    for (const [pid, depth] of next) depths.set(pid, depth);
    open = open.filter(({ pid }) => !depths.has(pid));
  }
  return depths;
}

function shallowest(pids: readonly number[], depths: ReadonlyMap<number, number>): number {
  return Math.min(...pids.map((pid) => depths.get(pid) ?? Infinity));
}

function nearestToRoot(wait: LockWait, depths: ReadonlyMap<number, number>): number | undefined {
  if (depths.get(wait.pid) === 0) return undefined;
  const depth = shallowest(wait.blockers, depths);
  return wait.blockers.find((pid) => depths.get(pid) === depth);
}

function nodeOf(pid: number, builder: TreeBuilder): LockNode {
  const session = builder.sessions.get(pid);
  const wait = builder.waits.get(pid);
  return {
    pid,
    user: session?.user ?? null,
    applicationName: session?.applicationName ?? null,
    state: pid === 0 ? 'prepared transaction' : (session?.state ?? null),
    transactionAgeMs: session?.transactionAgeMs ?? null,
    query: session?.hidden === true ? null : beginningOf(session?.query ?? null),
    backendStart: session?.backendStart?.toISOString() ?? null,
    waitsFor:
      wait === undefined
        ? null
        : { lockType: wait.lockType, mode: wait.mode, relation: wait.relation, waitMs: wait.waitMs },
    alsoBlockedBy: [
      ...new Set((wait?.blockers ?? []).filter((blocker) => blocker !== builder.parents.get(pid))),
    ],
    blocked: builder
      .childrenOf(pid)
      .toSorted((a, b) => (b.waitMs ?? 0) - (a.waitMs ?? 0))
      .map((child) => nodeOf(child.pid, builder)),
  };
}
