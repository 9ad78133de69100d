import type { TocEntry } from '../backup/index.js';
import { parseNamePattern } from './name-pattern.js';

/** What is to be restored of an archive; all empty means everything. */
export interface RestoreSelection {
  /** Patterns of tables, views, materialized views and sequences. */
  readonly tables: readonly string[];
  readonly schemas: readonly string[];
  readonly content: 'all' | 'schema' | 'data';
}

/** The entries of a table of contents to restore. */
export interface SelectedEntries {
  /** In the archive's own order. */
  readonly entries: readonly TocEntry[];
  /** Foreign keys whose other table is not among them. */
  readonly leftOut: readonly TocEntry[];
  /** Patterns that match nothing. */
  readonly unmatched: readonly string[];
}

const RELATIONS = new Set(['TABLE', 'FOREIGN TABLE', 'VIEW', 'MATERIALIZED VIEW', 'SEQUENCE']);
/** What belongs to a relation, and comes with it. */
const PARTS = new Set([
  'CHECK CONSTRAINT',
  'CONSTRAINT',
  'DEFAULT',
  'INDEX',
  'POLICY',
  'ROW SECURITY',
  'RULE',
  'SEQUENCE',
  'SEQUENCE OWNED BY',
  'SEQUENCE SET',
  'STATISTICS',
  'TABLE DATA',
  'TRIGGER',
]);
/** What is said about one object of any kind. */
const REMARKS = new Set(['ACL', 'COMMENT', 'SECURITY LABEL']);
/** What joins two objects, and comes only when both do. */
const JOINTS = new Set(['FK CONSTRAINT', 'INDEX ATTACH', 'TABLE ATTACH']);
/** The session's settings: pg_restore reads them whatever is selected. */
const SETTINGS = new Set(['ENCODING', 'STDSTRINGS', 'SEARCHPATH']);
const LARGE_OBJECTS = new Set(['BLOB', 'BLOBS', 'BLOB METADATA']);
const DATA = new Set(['TABLE DATA', 'SEQUENCE SET', 'BLOBS', 'MATERIALIZED VIEW DATA']);
const REFRESH = 'MATERIALIZED VIEW DATA';

/**
 * Picks what a selection needs to be whole: its tables with their indexes, constraints, sequences, triggers, policies,
 * grants and partitions, and everything that these depend on. Materialized views are not filled: that is done last. Pure.
 */
export function selectEntries(
  toc: readonly TocEntry[],
  { tables, schemas, content }: RestoreSelection,
): SelectedEntries {
  const wanted = tables.length + schemas.length === 0 ? undefined : new Selection(toc, tables, schemas);
  const isWanted = (entry: TocEntry) => wanted === undefined || wanted.has(entry);
  const entries = toc.filter(
    (entry) => SETTINGS.has(entry.desc) || (isWanted(entry) && isOfContent(entry, content)),
  );
  const leftOut = toc.filter(
    (entry) => entry.desc === 'FK CONSTRAINT' && !isWanted(entry) && wanted?.touches(entry) === true,
  );
  return { entries, leftOut, unmatched: wanted?.unmatched ?? [] };
}

function isOfContent({ desc }: TocEntry, content: RestoreSelection['content']): boolean {
  if (desc === REFRESH) return false;
  if (content === 'all') return true;
  return DATA.has(desc) === (content === 'data');
}

/** The closure of what was asked for. */
class Selection {
  readonly unmatched: readonly string[];
  readonly #byId: ReadonlyMap<number, TocEntry>;
  readonly #chosen = new Set<number>();

  constructor(toc: readonly TocEntry[], tables: readonly string[], schemas: readonly string[]) {
    this.#byId = new Map(toc.map((entry) => [entry.dumpId, entry]));
    const unmatched: string[] = [];
    for (const pattern of tables) this.#choose(toc.filter(tablesLike(pattern)), pattern, unmatched);
    for (const pattern of schemas) this.#choose(toc.filter(inSchemaLike(pattern)), pattern, unmatched);
    this.unmatched = unmatched;
    while (this.#grow(toc));
  }

  has({ dumpId, desc }: TocEntry): boolean {
    return this.#chosen.has(dumpId) && !LARGE_OBJECTS.has(desc);
  }

  /** True for an entry that joins something chosen with something else. */
  touches({ dependencies }: TocEntry): boolean {
    return dependencies.some((id) => this.#chosen.has(id));
  }

  #choose(found: readonly TocEntry[], pattern: string, unmatched: string[]): void {
    if (found.length === 0) unmatched.push(pattern);
    for (const entry of found) this.#add(entry);
  }

  /** Adds an entry with all that it depends on, and the schema that it lies in. */
  #add(entry: TocEntry): void {
    if (this.#chosen.has(entry.dumpId)) return;
    this.#chosen.add(entry.dumpId);
    for (const id of entry.dependencies) {
      const needed = this.#byId.get(id);
      if (needed !== undefined) this.#add(needed);
    }
    for (const schema of this.#byId.values())
      if (schema.desc === 'SCHEMA' && schema.tag === entry.namespace) this.#add(schema);
  }

  /** One round: parts of what is chosen, partitions of its tables, joints with both ends there. */
  #grow(toc: readonly TocEntry[]): boolean {
    const before = this.#chosen.size;
    const isChosen = (id: number) => this.#chosen.has(id);
    for (const entry of toc) {
      if (isChosen(entry.dumpId)) continue;
      if (PARTS.has(entry.desc) && this.#ownerIsChosen(entry)) this.#add(entry);
      if (REMARKS.has(entry.desc) && entry.dependencies.some(isChosen)) this.#add(entry);
      if (entry.desc === 'TABLE ATTACH') this.#addPartition(entry);
      const present = entry.dependencies.filter((id) => this.#byId.has(id));
      if (JOINTS.has(entry.desc) && present.length > 0 && present.every(isChosen)) this.#add(entry);
    }
    return this.#chosen.size > before;
  }

  /**
   * Of several relations that a part depends on, its own is the one that its tag begins with, such as `orders` in
   * `orders check_total` of a trigger or policy; else the first.
   */
  #ownerIsChosen({ tag, dependencies }: TocEntry): boolean {
    const relations = this.#relationsAmong(dependencies);
    const owner =
      relations.find((relation) => tag === relation.tag || tag.startsWith(`${relation.tag} `)) ??
      relations[0];
    return owner !== undefined && this.#chosen.has(owner.dumpId);
  }

  /** ATTACH names the partition, then the table that it is one of. */
  #addPartition({ dependencies }: TocEntry): void {
    const [partition, parent] = this.#relationsAmong(dependencies);
    if (parent !== undefined && partition !== undefined && this.#chosen.has(parent.dumpId))
      this.#add(partition);
  }

  #relationsAmong(ids: readonly number[]): TocEntry[] {
    return ids.flatMap((id) => {
      const entry = this.#byId.get(id);
      return entry !== undefined && RELATIONS.has(entry.desc) ? [entry] : [];
    });
  }
}

function tablesLike(pattern: string): (entry: TocEntry) => boolean {
  const { schema, name } = parseNamePattern(pattern);
  return ({ desc, tag, namespace }) =>
    RELATIONS.has(desc) && name.test(tag) && (schema === undefined || schema.test(namespace ?? ''));
}

function inSchemaLike(pattern: string): (entry: TocEntry) => boolean {
  const { name } = parseNamePattern(pattern);
  return ({ desc, tag, namespace }) => name.test(desc === 'SCHEMA' ? tag : (namespace ?? ''));
}
