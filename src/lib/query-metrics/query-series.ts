import type { instruments } from './instruments.js';

type Metrics = Pick<ReturnType<typeof instruments>, 'queries' | 'queryDuration'>;

const CAPACITY = 256;

/**
 * The queries of one operation on one table. Their times wait here until they are read or many: prom-client sorts and
 * hashes the labels at each observation, which on a local single-row query would be felt.
 */
export class QuerySeries {
  readonly #durations = new Float64Array(CAPACITY);
  readonly #observe: (seconds: number) => void;
  readonly #succeeded: (count: number) => void;
  readonly #failed: (count: number) => void;
  #waiting = 0;
  #failures = 0;

  constructor({ queries, queryDuration }: Metrics, operation: string, table: string) {
    const duration = queryDuration.labels({ operation, table });
    const succeeded = queries.labels({ operation, table, status: 'ok' });
    const failed = queries.labels({ operation, table, status: 'error' });
    this.#observe = (seconds) => duration.observe(seconds);
    this.#succeeded = (count) => succeeded.inc(count);
    this.#failed = (count) => failed.inc(count);
  }

  record(seconds: number, ok: boolean): void {
    this.#durations[this.#waiting++] = seconds;
    if (!ok) this.#failures++;
    if (this.#waiting === CAPACITY) this.flush();
  }

  /** Hands prom-client what waits. */
  flush(): void {
    if (this.#waiting === 0) return;
    for (const seconds of this.#durations.subarray(0, this.#waiting)) this.#observe(seconds);
    if (this.#waiting > this.#failures) this.#succeeded(this.#waiting - this.#failures);
    if (this.#failures > 0) this.#failed(this.#failures);
    this.#waiting = this.#failures = 0;
  }
}
