import { openDatabase, type Database } from '../core/database.js';
import { BackgroundReader, WANTED_EVERY_MS } from './background.js';
import { reportOf, labelled, type HealthDeps } from './check-health.js';
import { takeSnapshot, withDeadline } from './collect.js';
import { endSession, type EndOutcome, type SessionIdentity } from './end-session.js';
import { CONNECTION_TRANSACTIONS, OwnTransactions } from './own-transactions.js';
import { mapCovered } from './redundant-indexes.js';
import { isCollector, tierOf, type SectionName } from './sections.js';
import { selectChecks } from './select.js';
import type { Snapshot } from './snapshot.js';
import type { HealthReport } from './types.js';
import { countTransactions, vitalsOf, type Vitals } from './vitals.js';

/** One look at a watched server. */
export interface WatchSample {
  /** Of the checks whose sections have been read so far. */
  readonly report: HealthReport;
  /** How many checks have not been made yet, because the slower sections are still being read. */
  readonly pendingChecks: number;
  readonly vitals: Vitals;
  readonly snapshot: Snapshot;
  /** When each section was read, in ms since 1970 of this machine's clock. */
  readonly readAt: Readonly<Partial<Record<SectionName, number>>>;
  /** The sections that are not read at every look, and how often they are while somebody looks at them. */
  readonly slowSections: readonly SectionName[];
  readonly slowEveryMs: number;
  /** Indexes that another one makes unnecessary, by qualified name; empty until the indexes have been looked at. */
  readonly coveredIndexes: ReadonlyMap<string, string>;
}

const DEADLINE_MS = 15_000;

/**
 * Looks at one server again and again: the fast sections at every look over one connection that stays, the slower ones
 * beside it over a second one, so that no look waits for them.
 */
export class Watcher {
  readonly #deps: HealthDeps;
  readonly #checks = selectChecks({});
  readonly #needs = [...new Set(this.#checks.flatMap(({ needs }) => needs))];
  readonly #background: BackgroundReader;
  readonly #own = new OwnTransactions();
  #ownBackground = 0;
  #database: Database | undefined;
  #earlier: Snapshot | undefined;
  #covered: { readonly of: unknown; readonly names: ReadonlyMap<string, string> } | undefined;

  constructor(deps: HealthDeps) {
    this.#deps = deps;
    this.#background = new BackgroundReader(deps);
  }

  /**
   * The next sample; `wanted` are slower sections that somebody looks at, which are then read more often. After a
   * failure the next call connects anew.
   * @throws BkDbError as checkHealth.
   */
  async look(wanted: readonly SectionName[] = []): Promise<WatchSample> {
    try {
      return await withDeadline(DEADLINE_MS, this.#deps.signal, this.#sample(wanted));
    } catch (error) {
      await this.#disconnect();
      throw error;
    }
  }

  async #sample(wanted: readonly SectionName[]): Promise<WatchSample> {
    const started = performance.now();
    const { sql } = await this.#open();
    const names = [...new Set([...this.#needs, ...wanted])];
    const fast = names.filter(isCollector).filter((name) => tierOf(name) === 'fast');
    const read = await takeSnapshot({ sql }, fast);
    this.#background.refresh(slowOnes(names), slowOnes(wanted), read.server);
    const snapshot: Snapshot = {
      server: read.server,
      sections: { ...this.#background.sections, ...read.sections },
    };
    const vitals = vitalsOf(snapshot, this.#earlier, this.#countOwn(snapshot));
    this.#earlier = snapshot;
    const checks = this.#checks.filter(({ needs }) =>
      needs.every((name) => snapshot.sections[name] !== undefined),
    );
    const now = Date.now();
    return {
      report: reportOf(snapshot, checks, {
        overrides: {},
        durationMs: Math.round(performance.now() - started),
      }),
      pendingChecks: this.#checks.length - checks.length,
      vitals,
      snapshot,
      slowSections: slowOnes(names),
      slowEveryMs: WANTED_EVERY_MS,
      coveredIndexes: this.#coveredIndexes(snapshot),
      readAt: { ...this.#background.readAt, ...Object.fromEntries(fast.map((name) => [name, now])) },
    };
  }

  /** Compared once for each list that was read, since it grows with the square of their number. */
  #coveredIndexes({ sections: { indexes } }: Snapshot): ReadonlyMap<string, string> {
    if (indexes?.state !== 'collected') return new Map();
    if (this.#covered?.of !== indexes.data)
      this.#covered = { of: indexes.data, names: mapCovered(indexes.data) };
    return this.#covered.names;
  }

  /** How many of the transactions since the earlier look were ours. */
  #countOwn(snapshot: Snapshot): number {
    const now = performance.now();
    const { transactions } = this.#background;
    this.#own.add(1 + transactions - this.#ownBackground, now);
    this.#ownBackground = transactions;
    return this.#own.take(countTransactions(snapshot, this.#earlier) ?? 0, now);
  }

  /**
   * Cancels a session's query, or ends the session, if it is still that session; tells whether it worked.
   * @throws BkDbError PERMISSION.
   */
  async end(session: SessionIdentity, how: 'cancel' | 'terminate'): Promise<EndOutcome> {
    const { sql } = await this.#open();
    return endSession(sql, session, how, () => this.#own.add(1, performance.now()));
  }

  async close(): Promise<void> {
    await Promise.all([this.#disconnect(), this.#background.close()]);
  }

  async #disconnect(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    this.#earlier = undefined;
    await database?.close();
  }

  async #open(): Promise<Database> {
    if (this.#database !== undefined) return this.#database;
    const { target, pool = {} } = this.#deps;
    this.#database = await openDatabase(labelled(target), {
      pool: { ...pool, max: 1, statementTimeoutMs: 0, idleTimeoutMs: 0 },
    });
    this.#own.add(CONNECTION_TRANSACTIONS, performance.now());
    return this.#database;
  }
}

function slowOnes(names: readonly SectionName[]): SectionName[] {
  return names.filter((name) => tierOf(name) !== 'fast');
}
