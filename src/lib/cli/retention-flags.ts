import { Flags } from '@oclif/core';
import type { RetentionPolicy } from '../backup/index.js';
import { durationFlag, sizeFlag } from './flags.js';

const keep = (which: string) =>
  Flags.integer({ helpGroup: 'RETENTION', helpValue: 'N', min: 1, summary: which });

/** The rules that say which backups to keep; a backup that any of them keeps stays. */
export const retentionFlags = {
  'keep-last': keep('keep the newest N'),
  'keep-hourly': keep('keep the newest of each of N hours (UTC)'),
  'keep-daily': keep('keep the newest of each of N days'),
  'keep-weekly': keep('keep the newest of each of N ISO weeks'),
  'keep-monthly': keep('keep the newest of each of N months'),
  'keep-yearly': keep('keep the newest of each of N years'),
  'keep-within': durationFlag({
    helpGroup: 'RETENTION',
    helpValue: 'D',
    summary: 'keep all that are at most this much older than the newest, such as 36h or 14d',
  }),
  'max-total-size': sizeFlag({
    helpGroup: 'RETENTION',
    helpValue: 'SIZE',
    summary: 'remove the oldest until all together have at most this, such as 50GB; alone, keep all that fit',
  }),
  'min-keep': keep('never leave fewer than the newest N, whatever else is said (default 1)'),
} as const;

type RetentionFlags = Readonly<Partial<Record<keyof typeof retentionFlags, number | undefined>>>;

/** The policy that the flags give; undefined when none of them was given. A floor alone is no policy, which is refused later. */
export function policyOf(flags: RetentionFlags): RetentionPolicy | undefined {
  const policy = {
    keepLast: flags['keep-last'],
    keepHourly: flags['keep-hourly'],
    keepDaily: flags['keep-daily'],
    keepWeekly: flags['keep-weekly'],
    keepMonthly: flags['keep-monthly'],
    keepYearly: flags['keep-yearly'],
    keepWithinMs: flags['keep-within'],
    maxTotalBytes: flags['max-total-size'],
    minKeep: flags['min-keep'],
  };
  return Object.values(policy).every((value) => value === undefined) ? undefined : policy;
}
