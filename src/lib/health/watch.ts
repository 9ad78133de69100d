import { openDatabase, type Database } from '../core/database.js';
import { selectChecks } from './select.js';
import { readToolkit, reportOf, labelled, type HealthDeps } from './check-health.js';
import type { Session } from './collectors/activity.js';
import { takeSnapshot, withDeadline } from './collect.js';
import { isCollector, tierOf } from './sections.js';
import type { Snapshot } from './snapshot.js';
import type { HealthReport } from './types.js';
import { vitalsOf, type Vitals } from './vitals.js';

/** One look at a watched server. */
export interface WatchSample {
  readonly report: HealthReport;
  readonly vitals: Vitals;
  readonly sessions: readonly Session[];
}

/** A session, so that a later one with the same pid is not meant. */
export interface SessionIdentity {
  readonly pid: number;
  readonly backendStart: Date;
}

const SLOW_EVERY_MS = 60_000;
const DEADLINE_MS = 15_000;

/** Looks at one server again and again over one connection; the slower checks once a minute. */
export class Watcher {
  readonly #deps: HealthDeps;
  readonly #checks = selectChecks({});
  #database: Database | undefined;
  #slow: Snapshot['sections'] = {};
  #slowAt = -Infinity;
  #earlier: Snapshot | undefined;

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  /** The next sample; after a failure the next call connects anew. @throws BkDbError as checkHealth. */
  async look(): Promise<WatchSample> {
    try {
      return await withDeadline(DEADLINE_MS, this.#deps.signal, this.#sample());
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #sample(): Promise<WatchSample> {
    const started = performance.now();
    const { sql } = await this.#open();
    const names = [...new Set(this.#checks.flatMap(({ needs }) => needs))];
    const fast = await takeSnapshot(
      { sql },
      names.filter(isCollector).filter((name) => tierOf(name) === 'fast'),
    );
    if (started - this.#slowAt > SLOW_EVERY_MS) {
      const slow = await takeSnapshot(
        { sql },
        names.filter(isCollector).filter((name) => tierOf(name) !== 'fast'),
      );
      this.#slow = (await readToolkit(slow, this.#deps, names)).sections;
      this.#slowAt = started;
    }
    const snapshot: Snapshot = { server: fast.server, sections: { ...this.#slow, ...fast.sections } };
    const vitals = vitalsOf(snapshot, this.#earlier);
    this.#earlier = snapshot;
    const { activity } = snapshot.sections;
    return {
      report: reportOf(snapshot, this.#checks, {
        overrides: {},
        durationMs: Math.round(performance.now() - started),
      }),
      vitals,
      sessions: activity?.state === 'collected' ? activity.data : [],
    };
  }

  /**
   * Cancels a session's query, or ends the session, if it is still that session.
   * @returns whether the signal was sent. @throws BkDbError PERMISSION.
   */
  async end({ pid, backendStart }: SessionIdentity, how: 'cancel' | 'terminate'): Promise<boolean> {
    const { sql } = await this.#open();
    const signal =
      how === 'cancel'
        ? sql`pg_catalog.pg_cancel_backend(a.pid)`
        : sql`pg_catalog.pg_terminate_backend(a.pid)`;
    const [row] = await sql<{ sent: boolean }[]>`
      select ${signal} as sent
        from pg_catalog.pg_stat_activity a
       where a.pid = ${pid} and date_trunc('milliseconds', a.backend_start) = ${backendStart}`;
    return row?.sent ?? false;
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    this.#earlier = undefined;
    await database?.close();
  }

  async #open(): Promise<Database> {
    const { target, pool = {} } = this.#deps;
    this.#database ??= await openDatabase(labelled(target), {
      pool: { ...pool, max: 1, statementTimeoutMs: 0, idleTimeoutMs: 0 },
    });
    return this.#database;
  }
}
