import { formatCount, formatDuration, plural } from '../../core/format.js';
import { defineCheck, found, grade, grantMonitor, ok, unknown } from '../check.js';
import { isClient, type Session } from '../collectors/activity.js';
import type { DatabaseFacts } from '../collectors/databases.js';
import type { Threshold } from '../types.js';

/** Autovacuum starts at freeze_max_age, so where that was raised the limits move along. */
function atLeast(threshold: Threshold, freezeMaxAge: number): Threshold {
  return {
    ...threshold,
    warning: threshold.warning === null ? null : Math.max(threshold.warning, 1.5 * freezeMaxAge),
    critical:
      threshold.critical === null ? null : Math.min(Math.max(threshold.critical, 3 * freezeMaxAge), 1.9e9),
  };
}

const XID: Threshold = { warning: 400_000_000, critical: 1_000_000_000, unit: 'transactions' };
const MXID: Threshold = { warning: 600_000_000, critical: 1_200_000_000, unit: 'transactions' };

interface AgeCheck {
  readonly id: string;
  readonly kind: string;
  readonly threshold: Threshold;
  readonly ageOf: (database: DatabaseFacts) => number;
  readonly freezeSetting: 'autovacuumFreezeMaxAge' | 'autovacuumMultixactFreezeMaxAge';
}

function ageCheck({ id, kind, threshold: defaults, ageOf, freezeSetting }: AgeCheck) {
  return defineCheck({
    id,
    title: `${kind} wraparound`,
    needs: ['databases'],
    threshold: defaults,
    why: `The server stops accepting writes some millions before 2 billion ${kind}s pass without a freeze. Autovacuum freezes in time unless something holds it back.`,
    advice:
      'Find what holds vacuum back (old transactions, prepared transactions, slots), then vacuum (freeze) the oldest tables.',
    evaluate: ({ databases, server, threshold }) => {
      const oldest = databases.toSorted((a, b) => ageOf(b) - ageOf(a));
      const [worst] = oldest;
      if (worst === undefined) return ok('there is no database');
      const age = ageOf(worst);
      const summary = `oldest ${kind} is ${formatCount(age)} old, in database ${worst.name}`;
      // Limits that somebody set himself are taken as they are.
      const isDefault = threshold.warning === defaults.warning && threshold.critical === defaults.critical;
      const status = grade(age, isDefault ? atLeast(threshold, server[freezeSetting]) : threshold);
      if (status === 'ok') return ok(summary);
      return found(status, summary, {
        evidence: oldest.slice(0, 5).map((database) => ({ database: database.name, age: ageOf(database) })),
        remedy: `In database ${worst.name}, see what holds vacuum back, then freeze the oldest tables.`,
        sql: [
          `select c.oid::regclass, ${id === 'wrap.xid' ? 'age(c.relfrozenxid)' : 'mxid_age(c.relminmxid)'} from pg_class c where c.relkind in ('r', 'm', 't') order by 2 desc limit 10;`,
          'vacuum (freeze, verbose) SCHEMA.TABLE;',
        ],
      });
    },
  });
}

const prepared = defineCheck({
  id: 'prepared.xacts',
  title: 'prepared transactions left open',
  needs: ['prepared'],
  threshold: { warning: 300_000, critical: 3_600_000, unit: 'ms' },
  why: 'A prepared transaction that nobody finishes keeps its locks over restarts and holds vacuum back for ever. No session shows it.',
  advice: 'Ask its transaction manager, then COMMIT PREPARED or ROLLBACK PREPARED it.',
  evaluate: ({ prepared: open, threshold }) => {
    const late = open.filter(({ ageMs }) => grade(ageMs, threshold) !== 'ok');
    const [oldest] = late.toSorted((a, b) => b.ageMs - a.ageMs);
    if (oldest === undefined)
      return ok(
        open.length === 0
          ? 'there is no prepared transaction'
          : `${plural(open.length, 'prepared transaction')}, none old`,
      );
    return found(
      grade(oldest.ageMs, threshold) === 'critical' ? 'critical' : 'warning',
      `${plural(late.length, 'prepared transaction')} left open, oldest ${formatDuration(oldest.ageMs)}`,
      {
        evidence: late
          .slice(0, 10)
          .map(({ gid, owner, database, ageMs }) => ({ gid, owner, database, ageMs: Math.round(ageMs) })),
        remedy: `In database ${oldest.database}, commit or roll back what its transaction manager has given up.`,
        sql: [`rollback prepared '${oldest.gid.replaceAll("'", "''")}';`],
      },
    );
  },
});

const horizon = defineCheck({
  id: 'xmin.horizon',
  title: 'what holds vacuum back',
  needs: ['activity', 'prepared', 'slots'],
  threshold: { warning: 10_000_000, critical: 100_000_000, unit: 'transactions' },
  why: 'Vacuum removes only rows that died before the oldest snapshot of all sessions, standbys, slots and prepared transactions. One that stays behind makes every table grow.',
  advice: 'End the session, finish the prepared transaction, or drop the slot that is behind.',
  evaluate: ({ activity, prepared: open, slots, threshold, server }) => {
    const holders = [
      ...activity.filter(holdsBack).map(({ pid, xminAge }) => ({ holder: `pid ${pid}`, age: xminAge ?? 0 })),
      ...open.map(({ gid, xidAge }) => ({ holder: `prepared transaction ${gid}`, age: xidAge })),
      ...slots.map(({ name, xminAge }) => ({ holder: `slot ${name}`, age: xminAge ?? 0 })),
    ].sort((a, b) => b.age - a.age);
    const [oldest] = holders;
    const status = oldest === undefined ? 'ok' : grade(oldest.age, threshold);
    if (oldest !== undefined && status !== 'ok')
      return found(status, `${oldest.holder} holds vacuum back by ${formatCount(oldest.age)} transactions`, {
        evidence: holders.slice(0, 10),
        remedy: 'End the session, finish the prepared transaction, or drop the slot.',
      });
    const hidden = activity.filter((session) => session.hidden && isClient(session)).length;
    return hidden === 0
      ? ok('nothing holds vacuum back')
      : unknown(`${plural(hidden, 'session')} of other roles cannot be seen`, grantMonitor(server));
  },
});

/** Vacuum workers have a snapshot of their own, which holds nothing back. */
function holdsBack({ ours, backendType }: Session): boolean {
  return !ours && backendType !== 'autovacuum worker';
}

/** Checks of transaction ids and what keeps them from being frozen. */
export const wraparoundChecks = [
  ageCheck({
    id: 'wrap.xid',
    kind: 'transaction',
    threshold: XID,
    ageOf: ({ xidAge }) => xidAge,
    freezeSetting: 'autovacuumFreezeMaxAge',
  }),
  ageCheck({
    id: 'wrap.mxid',
    kind: 'multixact',
    threshold: MXID,
    ageOf: ({ mxidAge }) => mxidAge,
    freezeSetting: 'autovacuumMultixactFreezeMaxAge',
  }),
  prepared,
  horizon,
] as const;
