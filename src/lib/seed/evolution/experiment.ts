import type { Fixtures } from '../fixtures.js';
import { at } from '../random.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, plus } from '../timeline.js';

/** Experiments in a unit of scale: one that ended, one whose last generation is running. */
const SHAPES = [
  { strategy: 'tournament', params: { size: 3 }, generations: 10, isRunning: false },
  { strategy: 'rank_based', params: { pressure: 1.6 }, generations: 6, isRunning: true },
] as const;
export const EXPERIMENTS_PER_UNIT = SHAPES.length;

const GENERATION_MS = 2 * HOUR_MS;

export interface Generation {
  readonly id: string;
  readonly number: number;
  readonly status: 'completed' | 'running';
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
}

export interface Experiment {
  readonly n: number;
  readonly id: string;
  readonly key: string;
  readonly strategy: string;
  readonly params: object;
  readonly isRunning: boolean;
  readonly createdAt: Date;
  readonly generations: readonly Generation[];
}

/** Experiment `n`: when its generations ran. */
export function planExperiment(fixtures: Fixtures, n: number): Experiment {
  const random = fixtures.random('evolution.experiments', n);
  const { strategy, params, generations, isRunning } = at(SHAPES, n % SHAPES.length);
  const createdAt = isRunning
    ? fixtures.timeline.before((generations - 1) * GENERATION_MS + random.integer(10, 50) * MINUTE_MS)
    : plus(fixtures.timeline.start, random.unit() * 80 * DAY_MS);
  return {
    n,
    id: random.uuid(createdAt),
    key: `${strategy.replace('_', '-')}-${String(Math.floor(n / SHAPES.length) + 1).padStart(3, '0')}`,
    strategy,
    params,
    isRunning,
    createdAt,
    generations: Array.from({ length: generations }, (_, number) => {
      const startedAt = plus(createdAt, number * GENERATION_MS);
      const running = isRunning && number === generations - 1;
      return {
        id: fixtures.random('evolution.generations', `${n}/${number}`).uuid(startedAt),
        number,
        status: running ? ('running' as const) : ('completed' as const),
        startedAt,
        finishedAt: running ? undefined : plus(startedAt, GENERATION_MS - 5 * MINUTE_MS),
      };
    }),
  };
}
