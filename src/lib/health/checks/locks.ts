import { formatDuration, plural } from '../../core/format.js';
import { defineCheck, found, grade, ok } from '../check.js';
import { buildLockTree, countBlocked } from '../lock-tree.js';
import type { LockNode } from '../types.js';
import { endSession } from './connections.js';

/** So many waiting sessions are worth a look however short their wait. */
const MANY_BLOCKED = 5;

const blocked = defineCheck({
  id: 'lock.blocked',
  title: 'sessions waiting for locks',
  needs: ['locks', 'activity'],
  threshold: { warning: 10_000, critical: 60_000, unit: 'ms' },
  why: 'A waiting session does no work, and whoever needs what it holds waits as well. An ALTER TABLE that waits makes every later reader of the table wait behind it. The root is the session that blocks others and waits for nobody.',
  advice: 'Let the root session finish, or end it. Run DDL with a lock_timeout, as `bk-db migrate` does.',
  evaluate: ({ locks, activity, threshold }) => {
    const waits = locks.filter(({ blockers }) => blockers.length > 0);
    if (waits.length === 0) return ok('no session waits for a lock');
    const longest = Math.max(...waits.map(({ waitMs }) => waitMs ?? 0));
    const [root] = buildLockTree(waits, activity);
    if (root === undefined) return ok('no session waits for a lock');
    const summary = `${describeRoot(root)} blocks ${plural(countBlocked(root), 'session')}, longest wait ${formatDuration(longest)}`;
    const byAge = grade(longest, threshold);
    const status = byAge === 'ok' && waits.length > MANY_BLOCKED ? 'warning' : byAge;
    if (status === 'ok') return ok(`${plural(waits.length, 'session')} waiting for a moment`);
    return found(status, summary, {
      evidence: waits
        .toSorted((a, b) => (b.waitMs ?? 0) - (a.waitMs ?? 0))
        .slice(0, 20)
        .map(({ pid, blockers, lockType, mode, relation, waitMs }) => ({
          pid,
          blockedBy: blockers.join(', '),
          lockType,
          mode,
          relation,
          waitMs: waitMs === null ? null : Math.round(waitMs),
        })),
      remedy:
        root.pid === 0
          ? 'A prepared transaction holds the lock: commit it or roll it back.'
          : 'Let the root session finish its transaction, or end it.',
      sql: [
        root.pid === 0
          ? "select format('rollback prepared %L;', gid) from pg_prepared_xacts;"
          : endSession({
              ...root,
              backendStart: root.backendStart === null ? null : new Date(root.backendStart),
            }),
      ],
    });
  },
});

function describeRoot({ pid, applicationName, state, transactionAgeMs }: LockNode): string {
  if (pid === 0) return 'a prepared transaction';
  const details = [
    applicationName === '' ? null : applicationName,
    state === null
      ? null
      : `${state}${transactionAgeMs === null ? '' : ` for ${formatDuration(transactionAgeMs)}`}`,
  ].filter((part) => part !== null);
  return `pid ${pid}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

/** Checks of locks. */
export const lockChecks = [blocked] as const;
