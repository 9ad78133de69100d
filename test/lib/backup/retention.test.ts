import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  isEmptyPolicy,
  planRetention,
  type RetainableBackup,
  type RetentionPolicy,
} from '../../../src/lib/backup/retention.js';
import { planPruning } from '../../../src/lib/backup/index.js';
import { manifestOf } from '../../support/manifest.js';

const NOW = new Date('2026-11-22T12:00:00Z');

function backup(startedAt: string, changes: Partial<RetainableBackup> = {}): RetainableBackup {
  return { id: startedAt, startedAt, sizeBytes: 1, pinned: false, ...changes };
}

function kept(backups: readonly RetainableBackup[], policy: RetentionPolicy): string[] {
  return planRetention(backups, policy, NOW)
    .filter(({ keep }) => keep)
    .map(({ id }) => id);
}

describe('planRetention', () => {
  it('says why each one stays', () => {
    const decisions = planRetention(
      [
        backup('2026-11-22T03:00:00Z'),
        backup('2026-11-21T15:00:00Z'),
        backup('2026-11-21T03:00:00Z'),
        backup('2026-11-20T03:00:00Z'),
        backup('2026-11-01T03:00:00Z', { pinned: true }),
      ],
      { keepLast: 1, keepDaily: 2 },
      NOW,
    );
    expect(decisions).toEqual([
      {
        id: '2026-11-22T03:00:00Z',
        keep: true,
        reasons: ['newest', 'last 1', 'newest of day 2026-11-22'],
      },
      { id: '2026-11-21T15:00:00Z', keep: true, reasons: ['newest of day 2026-11-21'] },
      { id: '2026-11-21T03:00:00Z', keep: false, reasons: [] },
      { id: '2026-11-20T03:00:00Z', keep: false, reasons: [] },
      { id: '2026-11-01T03:00:00Z', keep: true, reasons: ['pinned'] },
    ]);
  });

  it('counts periods that have a backup, not nights without one', () => {
    const history = ['2026-11-22', '2026-09-01', '2026-08-15', '2026-08-14'].map((day) =>
      backup(`${day}T03:00:00Z`),
    );
    expect(kept(history, { keepDaily: 3 })).toEqual(history.slice(0, 3).map(({ id }) => id));
  });

  it('measures the span from the newest, so that an outage costs nothing', () => {
    const history = ['2026-01-10', '2026-01-09', '2026-01-01'].map((day) => backup(`${day}T00:00:00Z`));
    expect(kept(history, { keepWithinMs: 86_400_000 })).toEqual([
      '2026-01-10T00:00:00Z',
      '2026-01-09T00:00:00Z',
    ]);
  });

  it('lets a backup from the future take no place', () => {
    const history = [
      backup('2030-01-01T00:00:00Z'),
      backup('2026-11-22T00:00:00Z'),
      backup('2026-11-21T00:00:00Z'),
    ];
    expect(kept(history, { keepLast: 1 })).toEqual(['2030-01-01T00:00:00Z', '2026-11-22T00:00:00Z']);
  });

  it('knows the ISO week at the turn of a year', () => {
    const history = ['2026-01-01', '2025-12-29', '2025-12-28', '2025-12-22'].map((day) =>
      backup(`${day}T00:00:00Z`),
    );
    expect(kept(history, { keepWeekly: 2 })).toEqual(['2026-01-01T00:00:00Z', '2025-12-28T00:00:00Z']);
  });

  it('knows a policy without a rule', () => {
    expect(isEmptyPolicy({ keepLast: undefined })).toBe(true);
    expect(isEmptyPolicy({ keepWithinMs: 0 })).toBe(false);
    expect(isEmptyPolicy({ minKeep: 3 })).toBe(true);
    expect(isEmptyPolicy({ maxTotalBytes: 0 })).toBe(false);
  });

  it('keeps what fits into the total size, never fewer than the floor, and says what exceeds it', () => {
    const history = ['22', '21', '20', '19', '18'].map((day, index) =>
      backup(`2026-11-${day}T00:00:00Z`, { sizeBytes: 10, pinned: index === 4 }),
    );
    const decisions = planRetention(history, { maxTotalBytes: 35 }, NOW);
    expect(decisions.map(({ keep }) => keep)).toEqual([true, true, false, false, true]);
    expect(decisions[2]?.reasons).toEqual(['it exceeds the total size']);
    expect(kept(history, { maxTotalBytes: 1, minKeep: 3 })).toHaveLength(4);
    expect(kept(history, { keepLast: 1, minKeep: 2 })).toHaveLength(3);
    expect(kept(history, { maxTotalBytes: 0 })).toEqual([history[0]?.id, history[4]?.id]);
  });

  it('agrees with an independent oracle on 10,000 random histories', () => {
    const random = generator(20261122);
    for (let round = 0; round < 10_000; round++) {
      const history = randomHistory(random);
      const policy = randomPolicy(random);
      const expected = oracle(history, policy, NOW);
      const actual = new Set(kept(history, policy));
      if (!isDeepStrictEqual(actual, expected))
        expect({ round, history, policy, actual }).toEqual({ expected });
    }
  });
});

describe('planPruning', () => {
  it('judges each database, server, part and kind of proof by itself, on 500 random stores', () => {
    const random = generator(5);
    const pick = <T>(items: readonly T[]) => items[random(items.length)] as T;
    for (let round = 0; round < 500; round++) {
      const policy = randomPolicy(random);
      const backups = randomHistory(random, 40).map((item) => ({
        ...manifestOf({
          id: item.id,
          startedAt: item.startedAt,
          database: pick(['app', 'app-test', 'app%', 'App']),
          systemIdentifier: pick(['1', '2', null]),
          fingerprint: random(4) > 0,
          pinned: item.pinned ? { at: item.startedAt, reason: null } : null,
          totals: { ...manifestOf().totals, sizeBytes: item.sizeBytes },
        }),
        path: `/store/${item.id}`,
      }));
      const key = (b: (typeof backups)[number]) =>
        `${b.database}|${b.systemIdentifier ?? ''}|${b.fingerprint}`;
      const expected = new Set<string>();
      for (const group of new Set(backups.map(key))) {
        const own = backups
          .filter((candidate) => key(candidate) === group)
          .map(({ id, startedAt, totals, pinned }) => {
            return { id, startedAt, sizeBytes: totals.sizeBytes, pinned: pinned !== null };
          });
        for (const id of oracle(own, policy, NOW)) expected.add(id);
      }
      const actual = planPruning(backups, policy, NOW).filter(({ keep }) => keep);
      expect(new Set(actual.map(({ id }) => id)), `round ${round}`).toEqual(expected);
    }
  });
});

/** Each tier's periods as numbers, counted in another way than the planner does. */
const PERIODS: readonly (readonly [keyof RetentionPolicy, (at: number) => number])[] = [
  ['keepHourly', (at) => Math.floor(at / 3_600_000)],
  ['keepDaily', (at) => Math.floor(at / 86_400_000)],
  // 1970-01-01 was a Thursday: weeks begin on the Monday three days before.
  ['keepWeekly', (at) => Math.floor((at / 86_400_000 + 3) / 7)],
  ['keepMonthly', (at) => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth()],
  ['keepYearly', (at) => new Date(at).getUTCFullYear()],
];

/** The rules said in another way: for each backup, is there a rule for which few enough newer periods exist? */
function oracle(history: readonly RetainableBackup[], policy: RetentionPolicy, now: Date): Set<string> {
  const items = history.map((item) => ({ ...item, at: Date.parse(item.startedAt) }));
  const past = items.filter(({ at }) => at <= now.getTime());
  const newestAt = Math.max(...past.map(({ at }) => at));
  const kept = items.filter((item) => {
    if (item.pinned || item.at > now.getTime()) return true;
    const newer = past.filter(({ at, id }) => at > item.at || (at === item.at && id > item.id));
    const isOldest = newer.length === past.length - 1;
    if (newer.length < Math.max(1, policy.keepLast ?? 0, policy.minKeep ?? 0)) return true;
    if (Object.entries(policy).every(([rule, value]) => value === undefined || OTHERS.includes(rule)))
      return policy.maxTotalBytes !== undefined;
    if (policy.keepWithinMs !== undefined && newestAt - item.at <= policy.keepWithinMs) return true;
    return PERIODS.some(([rule, periodOf]) => {
      const limit = policy[rule];
      if (limit === undefined) return false;
      const newerPeriods = new Set(newer.map(({ at }) => periodOf(at)));
      const isNewestOfPeriod = !newerPeriods.has(periodOf(item.at));
      const periods = newerPeriods.size + (isNewestOfPeriod ? 1 : 0);
      return (isNewestOfPeriod && newerPeriods.size < limit) || (isOldest && periods < limit);
    });
  });
  return new Set(withinTotal(kept, policy, now).map(({ id }) => id));
}

/** Rules that keep nothing by themselves. */
const OTHERS = ['maxTotalBytes', 'minKeep'];

/** Takes the oldest that may go, again and again, until the rest fits. */
function withinTotal<T extends RetainableBackup & { at: number }>(
  kept: readonly T[],
  policy: RetentionPolicy,
  now: Date,
): T[] {
  const { maxTotalBytes, minKeep = 1 } = policy;
  if (maxTotalBytes === undefined) return [...kept];
  const left = [...kept];
  for (;;) {
    const past = left
      .filter(({ at }) => at <= now.getTime())
      .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
    const total = left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const oldest = past.slice(Math.max(1, minKeep)).findLast(({ pinned }) => !pinned);
    if (total <= maxTotalBytes || oldest === undefined) return left;
    left.splice(left.indexOf(oldest), 1);
  }
}

type Random = (below: number) => number;

/** mulberry32 */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Nights (23 and 25 hours long as well), bursts in one second, long outages of failures, clocks that jump a year either way, pins. */
function randomHistory(random: Random, most = 16): RetainableBackup[] {
  const steps = [
    0,
    1_000,
    3_600_000,
    86_400_000,
    86_400_000,
    82_800_000,
    90_000_000,
    7 * 86_400_000,
    40 * 86_400_000,
    400 * 86_400_000,
  ];
  let at = NOW.getTime() - random(3) * 86_400_000;
  return Array.from({ length: random(most) }, (_, index) => {
    at -= (steps[random(steps.length)] ?? 0) * (random(40) === 0 ? -1 : 1);
    const startedAt = new Date(at).toISOString();
    return {
      id: `${startedAt}-${String(index).padStart(2, '0')}`,
      startedAt,
      sizeBytes: random(10),
      pinned: random(12) === 0,
    };
  });
}

function randomPolicy(random: Random): RetentionPolicy {
  const maybe = () => (random(3) === 0 ? 1 + random(6) : undefined);
  return {
    keepLast: maybe(),
    keepHourly: maybe(),
    keepDaily: maybe(),
    keepWeekly: maybe(),
    keepMonthly: maybe(),
    keepYearly: maybe(),
    keepWithinMs: random(4) === 0 ? random(100) * 86_400_000 : undefined,
    maxTotalBytes: random(4) === 0 ? random(60) : undefined,
    minKeep: random(4) === 0 ? 1 + random(4) : undefined,
  };
}
