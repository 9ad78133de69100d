/** A foreign key between tables, which are given as `schema.name`. */
export interface ForeignKey {
  readonly from: string;
  readonly to: string;
}

/**
 * Tables so that each comes after those it refers to, in their given order where that leaves a choice. Where references run in a
 * circle the first table of it comes first.
 */
export function orderTables(tables: readonly string[], keys: readonly ForeignKey[]): string[] {
  const waiting = new Set(tables);
  const needs = (table: string) =>
    keys.some(({ from, to }) => from === table && to !== table && waiting.has(to));
  const ordered: string[] = [];
  while (waiting.size > 0) {
    const free = [...waiting].filter((table) => !needs(table));
    const next = free.length > 0 ? free : [...waiting].slice(0, 1);
    for (const table of next) {
      waiting.delete(table);
      ordered.push(table);
    }
  }
  return ordered;
}
