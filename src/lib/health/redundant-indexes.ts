import type { ForeignKeyFacts, IndexFacts } from './collectors/index-list.js';

/** An index that another one makes unnecessary. */
export interface RedundantIndex {
  readonly index: IndexFacts;
  readonly coveredBy: IndexFacts;
}

/** Indexes that differ from another in nothing; of each group the most needed one stays. Pure. */
export function findDuplicates(indexes: readonly IndexFacts[]): RedundantIndex[] {
  const groups = new Map<string, IndexFacts[]>();
  for (const index of indexes.filter(({ valid }) => valid)) {
    const { schema, table, method, keys, included, expressions, predicate } = index;
    const key = JSON.stringify([schema, table, method, keys, included, expressions, predicate]);
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  return [...groups.values()].flatMap((group) => {
    const [kept, ...rest] = group.toSorted((a, b) => rank(b) - rank(a));
    return kept === undefined
      ? []
      : rest.filter(({ needed }) => !needed).map((index) => ({ index, coveredBy: kept }));
  });
}

/** The qualified names of indexes that another one makes unnecessary, and that other one's name. Pure. */
export function mapCovered(indexes: readonly IndexFacts[]): ReadonlyMap<string, string> {
  return new Map(
    [...findPrefixes(indexes), ...findDuplicates(indexes)].map(({ index, coveredBy }) => [
      `${index.schema}.${index.name}`,
      coveredBy.name,
    ]),
  );
}

function rank({ needed, unique }: IndexFacts): number {
  return Number(needed) * 2 + Number(unique);
}

/** Plain btree indexes whose columns are the first ones of a longer index. Pure. */
export function findPrefixes(indexes: readonly IndexFacts[]): RedundantIndex[] {
  const plain = indexes.filter(
    ({ valid, method, expressions }) => valid && method === 'btree' && expressions === null,
  );
  return plain.flatMap((index) => {
    if (index.needed || index.unique || index.included.length > 0) return [];
    const coveredBy = plain.find((other) => isPrefix(index, other));
    return coveredBy === undefined ? [] : [{ index, coveredBy }];
  });
}

function isPrefix(shorter: IndexFacts, longer: IndexFacts): boolean {
  return (
    shorter.schema === longer.schema &&
    shorter.table === longer.table &&
    shorter.predicate === longer.predicate &&
    shorter.keys.length < longer.keys.length &&
    shorter.keys.every((key, position) => key === longer.keys[position])
  );
}

/** Foreign keys without an index that begins with their columns, in any order. Pure. */
export function findUnindexed(
  keys: readonly ForeignKeyFacts[],
  indexes: readonly IndexFacts[],
): ForeignKeyFacts[] {
  return keys.filter((key) => !indexes.some((index) => supports(index, key)));
}

/** Whether an index serves to find the rows that reference another row. */
export function supports(index: IndexFacts, { schema, table, columns }: ForeignKeyFacts): boolean {
  if (!index.valid || index.schema !== schema || index.table !== table) return false;
  const covered = index.predicate === null || columns.includes(index.notNullColumn ?? -1);
  const leading = index.columns.slice(0, columns.length);
  return covered && leading.length === columns.length && columns.every((column) => leading.includes(column));
}
