import { withDatabase, type Sql } from '../core/database.js';
import { toBkDbError } from '../core/to-error.js';
import { labelled, type HealthDeps } from './check-health.js';
import { readAlone } from './collect.js';
import type { ServerFacts } from './collectors/server.js';
import { CONNECTION_TRANSACTIONS } from './own-transactions.js';
import { isCollector, type SectionName } from './sections.js';
import type { Section, Snapshot } from './snapshot.js';
import { readSource } from './toolkit/all.js';

/** How old a section may become before it is read again: one that is looked at, and any other. */
export const WANTED_EVERY_MS = 10_000;
const OTHER_EVERY_MS = 60_000;
/** What could not be renewed for so long is not known any more. */
const OUTDATED_MS = 3 * OTHER_EVERY_MS;
/** A round that has not ended by then is given up and its connection with it. */
const ROUND_DEADLINE_MS = 120_000;
/** The pause after a round that failed. */
const RETRY_MS = 10_000;
/** What reading the ledger costs: a connection of its own, and two statements. */
const LEDGER_TRANSACTIONS = CONNECTION_TRANSACTIONS + 2;

/**
 * Reads the slower sections beside the fast ones: one round at a time, over one connection that lasts as long as the
 * round, each section at its own pace. Nobody waits for it; what it has read so far is there at any time.
 */
export class BackgroundReader {
  /** What was read last, when (ms since 1970), and how many transactions that took in all. */
  sections: Snapshot['sections'] = {};
  readonly readAt: Partial<Record<SectionName, number>> = {};
  transactions = 0;
  readonly #deps: HealthDeps;
  readonly #stop = new AbortController();
  #wanted: readonly SectionName[] = [];
  #names: readonly SectionName[] = [];
  #round: Promise<void> | undefined;
  #notBefore = -Infinity;

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  /** Says which sections are needed, and of these which are looked at; starts a round when one of them is due. */
  refresh(names: readonly SectionName[], wanted: readonly SectionName[], server: ServerFacts): void {
    this.#names = [...new Set([...wanted, ...names])];
    this.#wanted = wanted;
    if (this.#round !== undefined || Date.now() < this.#notBefore || this.#next() === undefined) return;
    this.#round = this.#run(server).finally(() => {
      this.#round = undefined;
    });
  }

  /** Ends the round that is under way, and waits for its connection to be closed. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#round;
  }

  /** The connection is closed before the toolkit's turn, since the ledger is read over one of its own. */
  async #run(server: ServerFacts): Promise<void> {
    const limits = [this.#stop.signal, AbortSignal.timeout(ROUND_DEADLINE_MS)];
    const signal = AbortSignal.any(this.#deps.signal === undefined ? limits : [...limits, this.#deps.signal]);
    try {
      if (this.#next(isCollector) !== undefined) await this.#readCatalogue(signal);
      await this.#readToolkit(server, signal);
    } catch (error) {
      this.#notBefore = Date.now() + RETRY_MS;
      this.#admit(toBkDbError(error).message);
    }
  }

  async #readCatalogue(signal: AbortSignal): Promise<void> {
    const { target, pool = {} } = this.#deps;
    const options = { pool: { ...pool, statementTimeoutMs: 0 }, signal };
    await withDatabase(labelled(target), options, async ({ sql }) => {
      this.transactions += CONNECTION_TRANSACTIONS;
      await this.#readDue(sql, signal);
    });
  }

  async #readDue(sql: Sql, signal: AbortSignal): Promise<void> {
    for (;;) {
      const name = this.#next(isCollector);
      if (name === undefined || !isCollector(name)) return;
      signal.throwIfAborted();
      const section = await readAlone(sql, name);
      this.transactions++;
      this.#keep(name, section);
    }
  }

  async #readToolkit(server: ServerFacts, signal: AbortSignal): Promise<void> {
    const { toolkit, target } = this.#deps;
    const input = toolkit === undefined ? undefined : { ...toolkit, target, server, signal };
    for (;;) {
      const name = this.#next((candidate) => !isCollector(candidate));
      if (name === undefined || isCollector(name)) return;
      signal.throwIfAborted();
      if (name === 'migrations' && input !== undefined) this.transactions += LEDGER_TRANSACTIONS;
      this.#keep(name, await readSource(name, input));
    }
  }

  /** The section whose turn it is: what is looked at comes first. */
  #next(suits: (name: SectionName) => boolean = () => true): SectionName | undefined {
    return this.#names.find((name) => suits(name) && this.#isDue(name));
  }

  #isDue(name: SectionName): boolean {
    const everyMs = this.#wanted.includes(name) ? WANTED_EVERY_MS : OTHER_EVERY_MS;
    return Date.now() - (this.readAt[name] ?? -Infinity) >= everyMs;
  }

  #keep(name: SectionName, section: Section<unknown>): void {
    this.sections = { ...this.sections, [name]: section };
    this.readAt[name] = Date.now();
  }

  /** What was never read, or long ago, says why; the rest stays, and shows its age. */
  #admit(reason: string): void {
    const now = Date.now();
    const outdated = this.#names.filter((name) => now - (this.readAt[name] ?? -Infinity) > OUTDATED_MS);
    const failed = outdated.map((name) => [name, { state: 'failed', reason }]);
    this.sections = { ...this.sections, ...(Object.fromEntries(failed) as Snapshot['sections']) };
  }
}
