import { isAscii } from 'node:buffer';
import type { Queryable, TransactionSql } from '../core/database.js';
import { arrayText } from '../core/text-format.js';
import { fieldCheck, type FieldCheck } from './field-check.js';
import { filled, type LoadPlan } from './load-statements.js';
import { recordFields, type Field } from './record-fields.js';
import type { CsvRecord } from './record-scanner.js';
import { orphanQuery, readRules, suspectQuery, type Reference, type Rules } from './target-rules.js';
import type { TargetColumn } from './target-table.js';

/** The records of a batch whose values were looked at. */
export interface Sifted {
  /** Those whose values surely fit their types. */
  readonly good: readonly CsvRecord[];
  readonly suspects: Set<CsvRecord>;
  /** Of the good ones, the values of columns that a rule speaks of, by the columns' places in a record. */
  readonly values: ReadonlyMap<number, readonly Field[]>;
}

/** Columns that rules speak of, and their places in a record. */
interface Watched {
  readonly columns: readonly TargetColumn[];
  readonly places: readonly number[];
}

interface WatchedReference extends Watched {
  readonly rule: Reference;
  /** Values that are known to be there. */
  readonly known: Set<string>;
}

/** Foreign keys' values that are known to exist are not asked for again, up to so many. */
const MOST_KNOWN = 100_000;

/**
 * Tells the rows that surely fit a table from those that may not: types are checked here, unique keys, conditions and
 * foreign keys are looked up for a whole batch at once, by the columns alone that they speak of.
 */
export class Sieve {
  readonly #plan: LoadPlan;
  readonly #checks: readonly (FieldCheck | undefined)[];
  readonly #mustBe: ReadonlySet<number>;
  readonly #asked: Watched;
  readonly #query: string | undefined;
  readonly #references: readonly WatchedReference[];
  /** Places of all columns that a rule speaks of. */
  readonly #places: readonly number[];

  private constructor(plan: LoadPlan, { notNull, checks, unique, references }: Rules) {
    this.#plan = plan;
    this.#checks = checksOf(plan);
    this.#mustBe = new Set(watch(plan, notNull).places);
    this.#asked = watch(plan, [...checks.flatMap(({ columns }) => columns), ...unique.flat()]);
    this.#query = suspectQuery(plan, { checks, unique }, this.#asked.columns);
    this.#references = references.map((rule) => ({
      rule,
      known: new Set<string>(),
      ...watch(plan, rule.columns),
    }));
    this.#places = [...new Set([...this.#asked.places, ...this.#references.flatMap(({ places }) => places)])];
  }

  static async create(sql: Queryable, plan: LoadPlan): Promise<Sieve> {
    return new Sieve(plan, await readRules(sql, plan));
  }

  /** Looks at the values of records alone. */
  sift(bytes: Buffer, records: readonly CsvRecord[]): Sifted {
    const good: CsvRecord[] = [];
    const suspects = new Set<CsvRecord>();
    const values = new Map(this.#places.map((place) => [place, [] as Field[]]));
    const textOf = textReader(bytes);
    for (const record of records) {
      const fields = recordFields(textOf(record), this.#plan.dialect, this.#plan.nullMarker);
      if (!this.#fits(fields)) {
        suspects.add(record);
        continue;
      }
      good.push(record);
      for (const [place, column] of values) column.push(fields[place] ?? null);
    }
    return { good, suspects, values };
  }

  /** Adds the records that the target's rules would refuse to the suspects. */
  async addRefused(sql: TransactionSql, { good, suspects, values }: Sifted): Promise<void> {
    const suspect = (place: number) => {
      const record = good[place];
      if (record !== undefined) suspects.add(record);
    };
    if (this.#query !== undefined && good.length > 0) {
      const asked = this.#asked.places.map((place) => values.get(place) ?? []);
      for (const { n } of await ask(sql, this.#query, asked)) suspect(n - 1);
    }
    for (const reference of this.#references) {
      for (const place of await this.#orphans(sql, reference, values)) suspect(place);
    }
  }

  /** The places of rows that refer to what is not there. */
  async #orphans(
    sql: TransactionSql,
    { rule, known, columns, places }: WatchedReference,
    values: Sifted['values'],
  ): Promise<number[]> {
    const given = places.map((place) => values.get(place) ?? []);
    const rowsOf = groupRows(given, known);
    if (rowsOf.size === 0) return [];
    const firsts = [...rowsOf.values()].map(([first = 0]) => first);
    const asked = given.map((column) => firsts.map((row) => column[row] ?? null));
    const missing = new Set((await ask(sql, orphanQuery(rule, columns), asked)).map(({ n }) => n - 1));
    if (known.size > MOST_KNOWN) known.clear();
    return [...rowsOf].flatMap(([key, rows], n) => {
      if (missing.has(n)) return rows;
      known.add(key);
      return [];
    });
  }

  #fits(fields: readonly Field[]): boolean {
    for (let n = 0; n < fields.length; n++) {
      const field = fields[n];
      if (field === null ? this.#mustBe.has(n) : this.#checks[n]?.(field ?? '') === false) return false;
    }
    return true;
  }
}

/** The text of a record; of plain ASCII all is decoded at once. */
function textReader(bytes: Buffer): (record: CsvRecord) => string {
  if (!isAscii(bytes)) return ({ start, end }) => bytes.toString('utf8', start, end);
  const text = bytes.toString('latin1');
  return ({ start, end }) => text.slice(start, end);
}

function checksOf(plan: LoadPlan): readonly (FieldCheck | undefined)[] {
  const checks: (FieldCheck | undefined)[] = [];
  for (const { column, index } of filled(plan)) checks[index] = fieldCheck(column.fullType);
  return checks;
}

function watch(plan: LoadPlan, names: readonly string[]): Watched {
  const found = filled(plan);
  const unique = [...new Set(names)].flatMap(
    (name) => found.find(({ column }) => column.name === name) ?? [],
  );
  return { columns: unique.map(({ column }) => column), places: unique.map(({ index }) => index) };
}

/** The rows that have the same values, without those that are known, and those with a null. */
function groupRows(
  columns: readonly (readonly Field[])[],
  known: ReadonlySet<string>,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  const count = columns[0]?.length ?? 0;
  for (let row = 0; row < count; row++) {
    const tuple = columns.map((column) => column[row] ?? null);
    if (tuple.includes(null)) continue;
    const key = tuple.length === 1 ? (tuple[0] ?? '') : JSON.stringify(tuple);
    if (known.has(key)) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

async function ask(
  sql: TransactionSql,
  query: string,
  columns: readonly (readonly Field[])[],
): Promise<readonly { n: number }[]> {
  return sql.unsafe<{ n: number }[]>(query, columns.map(arrayText), { prepare: true });
}
