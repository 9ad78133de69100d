import * as z from 'zod';

/** Who starts the nightly backup. */
export const SCHEDULERS = ['systemd', 'cron', 'github'] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/** What a schedule is made of. */
export interface ScheduleOptions {
  /** Local time of the backup, `HH:MM`; UTC on GitHub. */
  readonly at: string;
  /** How to start bk-db: absolute paths, since cron and systemd know little of PATH. */
  readonly program: readonly string[];
  /** Account that runs it. */
  readonly user: string;
  /** File of settings such as DATABASE_URL, readable by that account alone. */
  readonly envFile: string;
  /** Flags of `bk-db backup`. */
  readonly backupArgs: readonly string[];
  /** Flags of `bk-db backup check`. */
  readonly checkArgs: readonly string[];
}

/** The result of `schedule`. */
export const scheduleSchema = z.object({
  scheduler: z.enum(SCHEDULERS),
  files: z.array(
    z.object({
      /** Where it belongs. */
      path: z.string(),
      content: z.string(),
    }),
  ),
});
export type Schedule = z.infer<typeof scheduleSchema>;
export type ScheduleFile = Schedule['files'][number];
