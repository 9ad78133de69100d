export { makeSchedule } from './make-schedule.js';
export { scheduleSchema, SCHEDULERS, type Schedule } from './types.js';
