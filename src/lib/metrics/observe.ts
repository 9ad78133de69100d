import { BkDbError } from '../core/errors.js';
import { toBkDbError } from '../core/to-error.js';
import { examine, type Examination, type HealthDeps } from '../health/index.js';
import type { Observation } from './render.js';

/** Why there is nothing to tell about a server. */
export interface Unreachable extends Observation {
  readonly up: false;
  readonly error: BkDbError;
}

const unreachable = (error: BkDbError, durationMs: number): Unreachable => ({
  up: false,
  examinations: [],
  durationMs,
  error,
});

/** Examines the server once. One that cannot be reached is an observation too, and no error. */
export async function observe(deps: HealthDeps): Promise<Observation | Unreachable> {
  const started = performance.now();
  try {
    const examination = await examine(deps);
    return { up: true, examinations: [examination], durationMs: performance.now() - started };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return unreachable(error, performance.now() - started);
  }
}

function isUnreachable(error: unknown): error is BkDbError {
  return error instanceof BkDbError && error.code !== 'INTERRUPTED' && error.code !== 'USAGE';
}

export interface ObserverEvents {
  /** Told why an examination failed that was not what the caller waited for. */
  readonly onError: (error: BkDbError) => void;
}

/** How long what the slower checks saw is good for. */
const SLOW_EVERY_MS = 60_000;
/** A scrape this close behind another gets the same answer. */
const FAST_EVERY_MS = 1_000;

/**
 * Observes on demand for many callers at once: one examination at a time, which all who ask meanwhile share;
 * the slower checks run beside it once a minute. At most two connections, whoever asks.
 */
export class Observer {
  readonly #fast: Cached;
  readonly #slow: Cached;
  readonly #onError: ObserverEvents['onError'];

  constructor(deps: HealthDeps, { onError }: ObserverEvents) {
    this.#onError = onError;
    this.#fast = new Cached(() => examine(deps, { tier: 'fast' }), FAST_EVERY_MS);
    this.#slow = new Cached(() => examine(deps, { tier: 'slow' }), SLOW_EVERY_MS);
  }

  /**
   * What is known now; slow parts may be as old as their interval, and are waited for only the first time. Those of a
   * slow examination that failed are kept and marked as outdated.
   */
  async observe(): Promise<Observation | Unreachable> {
    const started = performance.now();
    const first = this.#slow.last === undefined;
    const slow = this.#slow.get().catch((error: unknown) => this.#onError(toBkDbError(error)));
    try {
      const fast = await this.#fast.get();
      if (first) await slow;
      const { last, isOutdated } = this.#slow;
      const known = last === undefined ? [] : [{ ...last, isOutdated }];
      return { up: true, examinations: [...known, fast], durationMs: performance.now() - started };
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return unreachable(error, performance.now() - started);
    }
  }
}

/** A value that is made at most once per interval, by one maker at a time. */
class Cached {
  last: Examination | undefined;
  /** Whether making a newer one failed. */
  isOutdated = false;
  readonly #make: () => Promise<Examination>;
  readonly #intervalMs: number;
  #madeAt = -Infinity;
  #underWay: Promise<Examination> | undefined;

  constructor(make: () => Promise<Examination>, intervalMs: number) {
    this.#make = make;
    this.#intervalMs = intervalMs;
  }

  get(): Promise<Examination> {
    if (this.last !== undefined && performance.now() - this.#madeAt < this.#intervalMs)
      return Promise.resolve(this.last);
    this.#underWay ??= this.#refresh();
    return this.#underWay;
  }

  async #refresh(): Promise<Examination> {
    try {
      this.last = await this.#make();
      this.#madeAt = performance.now();
      this.isOutdated = false;
      return this.last;
    } catch (error) {
      this.isOutdated = true;
      throw error;
    } finally {
      this.#underWay = undefined;
    }
  }
}
