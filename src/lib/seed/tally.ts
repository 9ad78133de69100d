import { createHash } from 'node:crypto';
import type { Aggregate, DomainSeed, Row } from './fixtures.js';
import type { TableCounts } from './types.js';

/** Counts rows by table and digests their keys, in the order in which they are generated. */
export class Tally {
  readonly #counts = new Map<string, { inserted: number; unchanged: number }>();
  readonly #digest = createHash('sha256');
  rows = 0;

  add(seed: DomainSeed, aggregate: Aggregate, isPresent: boolean): void {
    for (const [table, rows] of Object.entries(aggregate.rows)) {
      this.count(
        table,
        isPresent ? { inserted: 0, unchanged: rows.length } : { inserted: rows.length, unchanged: 0 },
      );
      for (const row of rows) this.digest(table, seed.tables[table] ?? [], row);
    }
  }

  count(table: string, { inserted, unchanged }: Omit<TableCounts, 'table'>): void {
    const sum = this.#counts.get(table) ?? { inserted: 0, unchanged: 0 };
    this.#counts.set(table, { inserted: sum.inserted + inserted, unchanged: sum.unchanged + unchanged });
    this.rows += inserted + unchanged;
  }

  digest(table: string, key: readonly string[], row: Row): void {
    this.#digest.update(`${table} ${JSON.stringify(key.map((column) => row[column]))}\n`);
  }

  get tables(): TableCounts[] {
    return [...this.#counts].map(([table, counts]) => ({ table, ...counts }));
  }

  hex(): string {
    return this.#digest.copy().digest('hex');
  }
}
