import type { Fixtures } from '../fixtures.js';
import { rounded } from '../numbers.js';
import type { Random } from '../random.js';
import { MINUTE_MS } from '../timeline.js';
import type { Judge } from '../vocabulary.js';

/** What is sampled while an execution runs, and how its values fall. */
const METRICS: readonly (readonly [string, (random: Random) => number])[] = [
  ['queue_depth', (random) => random.integer(0, 24)],
  ['confidence_mean', (random) => Math.min(1, Math.max(0, 0.78 + 0.1 * random.normal()))],
  ['latency_ms', (random) => random.logNormal(400, 0.99)],
  ['memory_mb', (random) => 300 + 900 * random.unit()],
  ['cache_hit_ratio', (random) => 1 - 0.2 * random.unit() ** 2],
];

interface Sampled {
  readonly id: string;
  readonly framework: Judge;
  readonly started_at: Date;
}

/** Rows of `framework.metric_samples`: twelve or thirteen for an execution, 5,000 for 400 or so. */
export function sampleRows(fixtures: Fixtures, k: number, { id, framework, started_at }: Sampled) {
  return Array.from({ length: 12 + (k % 2) }, (_, n) => {
    const random = fixtures.random('framework.metric_samples', `${k}/${n}`);
    const [metric, draw] = METRICS[n % METRICS.length] ?? ['latency_ms', () => 0];
    return {
      sampled_at: fixtures.timeline.after(
        started_at,
        Math.floor(n / METRICS.length) * MINUTE_MS + random.integer(0, 999),
      ),
      framework,
      execution_id: id,
      metric,
      value: rounded(draw(random), 4),
      labels: { host: `runner-${'abc'[k % 3] ?? 'a'}` },
    };
  });
}
