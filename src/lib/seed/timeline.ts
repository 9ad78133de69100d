import type { Random } from './random.js';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** How far back fixtures go. */
const PERIOD_DAYS = 90;

/** The present of the fixtures, and instants before it. */
export class Timeline {
  readonly asOf: Date;
  readonly start: Date;

  constructor(asOf: Date) {
    this.asOf = asOf;
    this.start = new Date(asOf.getTime() - PERIOD_DAYS * DAY_MS);
  }

  /** An instant of the period, as people work: most in the early afternoon (UTC), few at night and at weekends. */
  workday(random: Random): Date {
    for (;;) {
      const instant = this.anytime(random);
      if (random.unit() < activity(instant)) return instant;
    }
  }

  /** An instant of the period, all equally likely; the last hour stays free for what follows from it. */
  anytime(random: Random): Date {
    return plus(this.start, Math.floor(random.unit() * (PERIOD_DAYS * DAY_MS - HOUR_MS)));
  }

  /** That long before the present. */
  before(ms: number): Date {
    return plus(this.asOf, -ms);
  }

  /** The later instant, but never in the future of the fixtures. */
  after(instant: Date, ms: number): Date {
    return new Date(Math.min(instant.getTime() + Math.round(ms), this.asOf.getTime()));
  }
}

export function plus(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + Math.round(ms));
}

/** Share of the busiest hour's load, 0..1. */
function activity(instant: Date): number {
  const hour = instant.getUTCHours() + instant.getUTCMinutes() / 60;
  const daily = 0.55 + 0.45 * Math.cos(((hour - 14) / 12) * Math.PI);
  const weekend = instant.getUTCDay() === 0 || instant.getUTCDay() === 6;
  return weekend ? daily * 0.4 : daily;
}
