/** What the planner needs to know of a backup. */
export interface RetainableBackup {
  readonly id: string;
  /** When it was taken, ISO 8601 UTC. */
  readonly startedAt: string;
  readonly sizeBytes: number;
  readonly pinned: boolean;
}

/** How many backups to keep; rules are added up: a backup goes only when no rule keeps it. */
export interface RetentionPolicy {
  /** The newest so many. */
  readonly keepLast?: number | undefined;
  /** The newest of each of so many hours, days, ISO weeks, months, years that have one. Periods are UTC's. */
  readonly keepHourly?: number | undefined;
  readonly keepDaily?: number | undefined;
  readonly keepWeekly?: number | undefined;
  readonly keepMonthly?: number | undefined;
  readonly keepYearly?: number | undefined;
  /** All that are at most so much older than the newest; ms. */
  readonly keepWithinMs?: number | undefined;
  /**
   * Bytes that all of them together may have; the oldest go first. Alone it keeps all that fit. Pinned ones, those from the
   * future and the newest `minKeep` count, and stay however large they are.
   */
  readonly maxTotalBytes?: number | undefined;
  /** So many of the newest stay whatever the rules and the total say; at least, and by default, one. */
  readonly minKeep?: number | undefined;
}

/** Whether a backup stays, and why. One that goes has no reasons, or the limit that it exceeds. */
export interface RetentionDecision {
  readonly id: string;
  readonly keep: boolean;
  readonly reasons: readonly string[];
}

interface Tier {
  readonly rule: keyof RetentionPolicy;
  readonly noun: string;
  readonly periodOf: (time: Date) => string;
}

const TIERS: readonly Tier[] = [
  { rule: 'keepHourly', noun: 'hour', periodOf: (time) => time.toISOString().slice(0, 13) },
  { rule: 'keepDaily', noun: 'day', periodOf: (time) => time.toISOString().slice(0, 10) },
  { rule: 'keepWeekly', noun: 'week', periodOf: isoWeek },
  { rule: 'keepMonthly', noun: 'month', periodOf: (time) => time.toISOString().slice(0, 7) },
  { rule: 'keepYearly', noun: 'year', periodOf: (time) => time.toISOString().slice(0, 4) },
];

/** True for a policy without a rule, which would keep nothing; a floor alone says what must not go, not what may. */
export function isEmptyPolicy(policy: RetentionPolicy): boolean {
  return Object.entries(policy).every(([rule, value]) => rule === 'minKeep' || value === undefined);
}

/**
 * Decides for each backup of one database, newest first, whether it stays. Pure. The newest always stays, and so do
 * pinned ones and those from the future (a clock was wrong), which take nobody's place.
 */
export function planRetention(
  backups: readonly RetainableBackup[],
  policy: RetentionPolicy,
  now: Date,
): RetentionDecision[] {
  const sorted = [...backups].sort(newestFirst);
  const reasons = new Map<string, string[]>(sorted.map(({ id }) => [id, []]));
  const keep = (backup: RetainableBackup, reason: string) => reasons.get(backup.id)?.push(reason);

  for (const backup of sorted.filter(({ pinned }) => pinned)) keep(backup, 'pinned');
  const [past, future] = partition(sorted, (backup) => Date.parse(backup.startedAt) <= now.getTime());
  for (const backup of future) keep(backup, 'its time lies in the future');
  const [newest] = past;
  if (newest !== undefined) {
    keep(newest, 'newest');
    keepNewest(past, policy.keepLast, keep);
    for (const tier of TIERS) keepTier(past, tier, policy[tier.rule], keep);
    keepWithin(past, Date.parse(newest.startedAt), policy.keepWithinMs, keep);
    if (hasOnlyTheTotal(policy)) for (const backup of past) keep(backup, 'fits into the total size');
  }
  const floor = past.slice(0, Math.max(1, policy.minKeep ?? 1));
  for (const [index, backup] of floor.slice(1).entries()) keep(backup, `one of the least ${index + 2}`);
  const doomed = exceeding(
    sorted.filter(({ id }) => reasons.get(id)?.length !== 0),
    policy,
    [...floor, ...future],
  );
  return sorted.map(({ id }) => {
    if (doomed.has(id)) return { id, keep: false, reasons: ['it exceeds the total size'] };
    const why = reasons.get(id) ?? [];
    return { id, keep: why.length > 0, reasons: why };
  });
}

function hasOnlyTheTotal({ maxTotalBytes, ...rules }: RetentionPolicy): boolean {
  return maxTotalBytes !== undefined && isEmptyPolicy(rules);
}

/** Of those that rules keep, newest first, the oldest that together are too large; never one of the protected. */
function exceeding(
  kept: readonly RetainableBackup[],
  { maxTotalBytes = Infinity }: RetentionPolicy,
  protectedOnes: readonly RetainableBackup[],
): Set<string> {
  const safe = new Set(protectedOnes.map(({ id }) => id));
  let total = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const doomed = new Set<string>();
  for (const { id, sizeBytes, pinned } of kept.toReversed()) {
    if (total <= maxTotalBytes) break;
    if (pinned || safe.has(id)) continue;
    doomed.add(id);
    total -= sizeBytes;
  }
  return doomed;
}

type Keep = (backup: RetainableBackup, reason: string) => void;

function keepNewest(past: readonly RetainableBackup[], count: number | undefined, keep: Keep): void {
  for (const [index, backup] of past.slice(0, count ?? 0).entries()) keep(backup, `last ${index + 1}`);
}

function keepTier(
  past: readonly RetainableBackup[],
  { noun, periodOf }: Tier,
  count: number | undefined,
  keep: Keep,
): void {
  const seen = new Set<string>();
  if (count === undefined) return;
  for (const backup of past) {
    if (seen.size >= count) return;
    const period = periodOf(new Date(backup.startedAt));
    if (seen.has(period)) continue;
    seen.add(period);
    keep(backup, `newest of ${noun} ${period}`);
  }
  // While a tier is not full yet, its oldest backup is the best it has for the past.
  const oldest = past.at(-1);
  if (seen.size < count && oldest !== undefined) keep(oldest, `oldest, for the ${noun}s not yet there`);
}

function keepWithin(
  past: readonly RetainableBackup[],
  newest: number,
  span: number | undefined,
  keep: Keep,
): void {
  if (span === undefined) return;
  for (const backup of past) {
    if (newest - Date.parse(backup.startedAt) <= span) keep(backup, 'within the span before the newest');
  }
}

/** `2026-W47`: the week of ISO 8601, whose year is that of its Thursday. */
function isoWeek(time: Date): string {
  const thursday = new Date(time);
  thursday.setUTCDate(time.getUTCDate() + 4 - (time.getUTCDay() || 7));
  const newYear = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - newYear) / 604_800_000) + 1;
  return `${thursday.toISOString().slice(0, 4)}-W${String(week).padStart(2, '0')}`;
}

function newestFirst(a: RetainableBackup, b: RetainableBackup): number {
  return Date.parse(b.startedAt) - Date.parse(a.startedAt) || (a.id < b.id ? 1 : -1);
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}
