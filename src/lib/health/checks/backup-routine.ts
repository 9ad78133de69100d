import { formatDuration, plural } from '../../core/format.js';
import { defineCheck, found, grade, ok, skipped } from '../check.js';
import type { BackupFacts } from '../toolkit/backups.js';

const DAY = 24 * 3_600_000;

const verified = defineCheck({
  id: 'backup.verified',
  title: 'last restore that proved a backup',
  needs: ['backups'],
  threshold: { warning: 30 * DAY, critical: null, unit: 'ms' },
  why: 'Only a restore proves that a backup can be restored. What counts here is `bk-db backup verify --restore`, which restores into a scratch database and compares every table.',
  advice: 'Run `bk-db backup verify latest --restore` regularly, such as once a week.',
  evaluate: ({ backups, threshold }) => {
    const { lastProof, oldest } = backups;
    if (oldest === null) return skipped('there is no backup');
    const remedy = 'Run `bk-db backup verify latest --restore`, and then regularly.';
    if (lastProof === null) {
      const summary = `none of ${plural(backups.count, 'backup')} was restored to prove it`;
      return found(grade(oldest.ageMs, threshold) === 'ok' ? 'info' : 'warning', summary, { remedy });
    }
    const summary = `backup ${lastProof.id} was restored and compared ${formatDuration(lastProof.ageMs)} ago`;
    return grade(lastProof.ageMs, threshold) === 'ok'
      ? ok(summary)
      : found('warning', summary, { evidence: [{ ...lastProof }], remedy });
  },
});

/** Fewer intervals than this show no rule. */
const FEWEST_INTERVALS = 4;
const LOOKED_AT = 8;
/** How many of the intervals must be like the median one, and how like. */
const REGULAR_SHARE = 0.75;
const TOLERANCE = 0.1;

const missed = defineCheck({
  id: 'cron.missed',
  title: 'scheduled backups that did not come',
  needs: ['backups'],
  threshold: { warning: 1.25, critical: 2, unit: 'ratio' },
  why: 'A timer that was removed, a full disk or a changed password stops backups without a word. Where the latest ones came at regular intervals, the next one is expected after the same time; the ratio is how long it has been over that interval.',
  advice: 'See why the scheduled backup did not run: its timer or crontab, its log, the disk of the store.',
  evaluate: ({ backups, threshold }) => {
    const everyMs = regularInterval(backups.latest);
    if (everyMs === undefined || backups.newest === null)
      return skipped('the backups came at no regular interval so far');
    const summary = `backups come every ${formatDuration(everyMs)}, the newest is ${formatDuration(backups.newest.ageMs)} old`;
    const status = grade(backups.newest.ageMs / everyMs, threshold);
    if (status === 'ok') return ok(summary);
    return found(status, summary, {
      evidence: [{ everyMs, newest: backups.newest.id, ageMs: backups.newest.ageMs }],
      remedy:
        'See why the scheduled backup did not run: its timer or crontab, its log, the disk of the store.',
    });
  },
});

/** The time between backups, when most of the latest ones came that far apart. */
function regularInterval(latest: BackupFacts['latest']): number | undefined {
  const starts = latest.slice(0, LOOKED_AT + 1).map(({ startedAt }) => Date.parse(startedAt));
  const intervals = starts.slice(1).map((start, place) => (starts[place] ?? start) - start);
  if (intervals.length < FEWEST_INTERVALS) return undefined;
  const median = intervals.toSorted((a, b) => a - b)[Math.floor(intervals.length / 2)] ?? 0;
  const alike = intervals.filter((interval) => Math.abs(interval - median) <= median * TOLERANCE);
  return alike.length >= intervals.length * REGULAR_SHARE ? median : undefined;
}

/** Checks of how backups are taken and proved over time. */
export const backupRoutineChecks = [verified, missed] as const;
