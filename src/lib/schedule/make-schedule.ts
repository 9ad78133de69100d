import { crontab } from './crontab.js';
import { githubWorkflow } from './github-workflow.js';
import { systemdUnits } from './systemd-units.js';
import type { Schedule, ScheduleFile, ScheduleOptions, Scheduler } from './types.js';

const MAKERS: Readonly<Record<Scheduler, (options: ScheduleOptions) => ScheduleFile[]>> = {
  systemd: systemdUnits,
  cron: crontab,
  github: githubWorkflow,
};

/** The files that make a scheduler take a backup each night and look each hour whether there is a young one. Pure. */
export function makeSchedule(scheduler: Scheduler, options: ScheduleOptions): Schedule {
  return { scheduler, files: MAKERS[scheduler](options) };
}
