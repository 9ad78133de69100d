import type { TocEntry } from '../backup/index.js';
import { alterEntry, createEntry, dropEntry, identityPlace, type IdentityPlace } from './alter-entry.js';
import { alterTable, type AlterOptions, type Statements } from './alter-table.js';
import { nameIn, type Schema } from './read-schema.js';

/** What is dropped before tables change; the rest is dropped when nothing uses it any more. */
const DROPPED_FIRST = new Set([
  'VIEW',
  'MATERIALIZED VIEW',
  'RULE',
  'TRIGGER',
  'POLICY',
  'ROW SECURITY',
  'FK CONSTRAINT',
  'CONSTRAINT',
  'INDEX',
  'INDEX ATTACH',
  'STATISTICS',
  'EVENT TRIGGER',
  'PUBLICATION TABLE',
  'PUBLICATION TABLES IN SCHEMA',
  'PUBLICATION',
  'COMMENT',
  'ACL',
  'DEFAULT ACL',
]);
/** They go with what they belong to, and come back with it. */
const ATTACHED = new Set(['COMMENT', 'ACL', 'INDEX', 'TRIGGER', 'RULE', 'POLICY', 'SECURITY LABEL']);
/** What must be made anew when something that it is made of is. */
const DEPENDENT = new Set(['VIEW', 'MATERIALIZED VIEW', ...ATTACHED]);
/** What the shape of a table says of a table that is there before and after. */
const OF_SHAPE = new Set(['DEFAULT', 'CHECK CONSTRAINT']);

/**
 * The statements that turn a database of one schema into the other: what is gone is dropped in the opposite order of its
 * making, what is new made in its order, what is changed changed where it stands, or made anew with all that depends on
 * it. What cannot be said in this way is left out: whoever uses it compares the outcome. Pure.
 */
export function generate(from: Schema, to: Schema, options: AlterOptions): Statements {
  const [before, after] = [byKey(from), byKey(to)];
  const keptTables = new Set([...from.tables.keys()].filter((name) => to.tables.has(name)));
  const isOfShape = (entry: TocEntry) =>
    OF_SHAPE.has(entry.desc) && keptTables.has(tableOf(entry, from) ?? tableOf(entry, to) ?? '');
  const tables = changedTables(from, to, options);
  const renewed = findRenewed(from, { before, after, changed: tables.reshaped });
  const isGone = (entry: TocEntry) => !after.has(keyOf(entry)) || renewed.has(keyOf(entry));
  const gone = from.entries.filter((entry) => isGone(entry) && !isOfShape(entry));
  const withTheirs = new Map(
    gone.filter(({ desc }) => !REMARKS.has(desc)).map((entry) => [entry.dumpId, entry]),
  );
  const drops = gone
    .filter((entry) => !goesWithAnother(entry, withTheirs) && !isIdentityWithColumn(entry, to))
    .reverse();
  const isFirst = (entry: TocEntry) => DROPPED_FIRST.has(entry.desc) || renewed.has(keyOf(entry));
  const statements: string[] = drops.filter(isFirst).flatMap(dropEntry);
  const later: string[] = [...tables.later];
  const last: string[] = [];
  const isNew = (entry: TocEntry) => !before.has(keyOf(entry)) || renewed.has(keyOf(entry));
  const made = to.entries.filter((entry) => !isOfShape(entry) && !isIdentityOfNewColumn(entry, from, to));
  // A new column's default may count on its sequence.
  const isEarly = (entry: TocEntry) => isNew(entry) && (entry.desc === 'SCHEMA' || isPlainSequence(entry));
  const create = (entry: TocEntry) => withPartitions(createEntry(entry), tableOf(entry, to), to);
  statements.push(...made.filter(isEarly).flatMap(create));
  for (const entry of made) {
    const old = before.get(keyOf(entry));
    if (isEarly(entry)) continue;
    if (isNew(entry)) {
      // What takes the place of another must be there when that is gone, though it keeps others out.
      const safe = options.safe && old === undefined ? makeSafely(entry, to, keptTables) : undefined;
      statements.push(...(safe?.now ?? create(entry)));
      later.push(...(safe?.later ?? []));
    } else if (entry.desc === 'TABLE') statements.push(...(tables.now.get(nameIn(entry.definition)) ?? []));
    else if (old !== undefined && old.definition !== entry.definition) {
      const alteration = alterEntry(old, entry, to.tables);
      statements.push(...(alteration?.now ?? []));
      last.push(...(alteration?.last ?? []));
    }
  }
  const lateDrops = drops.filter((entry) => !isFirst(entry));
  // The table that counts by a sequence goes first, mostly with its sequence.
  statements.push(
    ...lateDrops.filter((entry) => !isPlainSequence(entry)).flatMap(dropEntry),
    ...lateDrops.filter(isPlainSequence).flatMap(dropEntry),
  );
  const all = [...statements, ...last];
  // A function may speak of what is made after it, or of names that only its caller's search path finds.
  const unchecked = all.some((text) => /^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE) /.test(text));
  return { now: unchecked ? ['SET check_function_bodies = off;', ...all] : all, later };
}

/** pg_dump makes indexes and constraints of partitioned tables for them alone, and attaches those of the partitions. */
function withPartitions(
  statements: readonly string[],
  table: string | undefined,
  { tables }: Schema,
): string[] {
  if (table === undefined || tables.get(table)?.isPartitioned !== true) return [...statements];
  return statements.map((text) =>
    text
      .replace(/^(CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")+"|\S+) ON) ONLY /, '$1 ')
      .replace(/^ALTER TABLE ONLY /, 'ALTER TABLE '),
  );
}

/** Its column is added with it. */
function isIdentityOfNewColumn(entry: TocEntry, from: Schema, to: Schema): boolean {
  const place = identityPlace(entry);
  if (place === undefined || !from.tables.has(place.table)) return false;
  return hasColumn(to, place) && !hasColumn(from, place);
}

/** Its column is dropped with it. */
function isIdentityWithColumn(entry: TocEntry, to: Schema): boolean {
  const place = identityPlace(entry);
  return place !== undefined && !hasColumn(to, place);
}

function hasColumn({ tables }: Schema, { table, column }: IdentityPlace): boolean {
  return tables.get(table)?.columns.some(({ name }) => name === column) === true;
}

function keyOf({ desc, namespace, tag }: TocEntry): string {
  return [desc, namespace ?? '', tag].join('\0');
}

function byKey({ entries }: Schema): ReadonlyMap<string, TocEntry> {
  return new Map(entries.map((entry) => [keyOf(entry), entry]));
}

function isPlainSequence({ desc, definition }: TocEntry): boolean {
  return desc === 'SEQUENCE' && (definition ?? '').startsWith('CREATE SEQUENCE');
}

/** The table that an entry belongs to, by its qualified name; a foreign key names it before the one it refers to. */
function tableOf({ desc, definition, dependencies }: TocEntry, { entries }: Schema): string | undefined {
  if (desc === 'FK CONSTRAINT') return ALTERED_TABLE.exec(definition ?? '')?.[1];
  const table = entries.find((entry) => entry.desc === 'TABLE' && dependencies.includes(entry.dumpId));
  return table === undefined ? undefined : nameIn(table.definition);
}

const ALTERED_TABLE = /^ALTER TABLE (?:ONLY )?((?:"(?:[^"]|"")+"|[^\s."]+)\.(?:"(?:[^"]|"")+"|[^\s."]+))\s/;

/** What has parts that go with it. */
const RELATIONS = new Set(['TABLE', 'VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE']);
const REMARKS = new Set(['COMMENT', 'ACL', 'SECURITY LABEL', 'SEQUENCE OWNED BY']);
const PARTS = new Set(['INDEX', 'TRIGGER', 'RULE', 'POLICY', 'CONSTRAINT', 'ROW SECURITY', 'STATISTICS']);

/** True for a part of a relation that is dropped as well, and for what is said of something that is. */
function goesWithAnother(entry: TocEntry, gone: ReadonlyMap<number, TocEntry>): boolean {
  if (entry.desc === 'DEFAULT') return true;
  const others = entry.dependencies.flatMap((id) => gone.get(id) ?? []);
  if (REMARKS.has(entry.desc)) return others.length > 0;
  return PARTS.has(entry.desc) && others.some(({ desc }) => RELATIONS.has(desc));
}

interface ChangedTables {
  readonly now: ReadonlyMap<string, readonly string[]>;
  readonly later: readonly string[];
  /** Tables that lose a column, or change the type of one: views of them stand in the way. */
  readonly reshaped: ReadonlySet<string>;
}

function changedTables(from: Schema, to: Schema, options: AlterOptions): ChangedTables {
  const now = new Map<string, readonly string[]>();
  const later: string[] = [];
  const reshaped = new Set<string>();
  for (const [name, table] of to.tables) {
    const old = from.tables.get(name);
    if (old === undefined || table.isPartition) continue;
    const statements = alterTable(old, table, options);
    now.set(name, statements.now);
    later.push(...statements.later);
    if (statements.now.some((text) => / DROP COLUMN | ALTER COLUMN .* TYPE /.test(text))) reshaped.add(name);
  }
  return { now, later, reshaped };
}

interface Changes {
  readonly before: ReadonlyMap<string, TocEntry>;
  readonly after: ReadonlyMap<string, TocEntry>;
  readonly changed: ReadonlySet<string>;
}

/** The keys of what has to be dropped and made anew: what cannot be changed where it stands, and what depends on that. */
function findRenewed(from: Schema, { before, after, changed }: Changes): Set<string> {
  const renewed = new Set<string>();
  const ids = new Set<number>();
  for (const entry of from.entries) {
    const next = after.get(keyOf(entry));
    const isReshaped = entry.desc === 'TABLE' && changed.has(nameIn(entry.definition));
    const isReplaced =
      next !== undefined &&
      entry.desc !== 'TABLE' &&
      next.definition !== entry.definition &&
      alterEntry(entry, next, new Map()) === undefined;
    const dependsOnRenewed = entry.dependencies.some((id) => ids.has(id));
    const isPartOfTable = ATTACHED.has(entry.desc) && !isOfView(entry, from);
    if (isReplaced || (dependsOnRenewed && DEPENDENT.has(entry.desc) && !isPartOfTable)) {
      renewed.add(keyOf(entry));
      ids.add(entry.dumpId);
    }
    if (isReshaped || (next === undefined && !ATTACHED.has(entry.desc))) ids.add(entry.dumpId);
  }
  for (const key of renewed) if (!after.has(key)) renewed.delete(key);
  return before.size === 0 ? new Set() : renewed;
}

/** True for what is attached to a view or function, which is renewed as a whole; a table never is. */
function isOfView({ dependencies }: TocEntry, { entries }: Schema): boolean {
  return entries.some(
    ({ desc, dumpId }) => desc !== 'TABLE' && desc !== 'SCHEMA' && dependencies.includes(dumpId),
  );
}

/** Indexes and foreign keys of tables that have rows already: without keeping others out. */
function makeSafely(entry: TocEntry, to: Schema, keptTables: ReadonlySet<string>): Statements | undefined {
  const table = tableOf(entry, to);
  const shape = table === undefined ? undefined : to.tables.get(table);
  if (table === undefined || shape === undefined || !keptTables.has(table) || shape.isPartitioned)
    return undefined;
  const [first = '', ...rest] = createEntry(entry);
  if (entry.desc === 'INDEX')
    return {
      now: [],
      later: [first.replace(/^CREATE (UNIQUE )?INDEX /, 'CREATE $1INDEX CONCURRENTLY '), ...rest],
    };
  const key = /^(ALTER TABLE (?:ONLY )?.+?)\s+ADD CONSTRAINT ((?:"(?:[^"]|"")+"|\S+)) FOREIGN KEY /.exec(
    first,
  );
  if (entry.desc !== 'FK CONSTRAINT' || key === null || first.endsWith(' NOT VALID;')) return undefined;
  return {
    now: [first.replace(/;$/, ' NOT VALID;'), ...rest],
    later: [
      `${(key[1] ?? '').replace('ALTER TABLE ONLY', 'ALTER TABLE')} VALIDATE CONSTRAINT ${key[2] ?? ''};`,
    ],
  };
}
