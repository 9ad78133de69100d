import type { ArchiveToc, RestoreSource, TocEntry } from '../backup/index.js';
import { BkDbError } from '../core/errors.js';
import { isOfDatabase } from './own-properties.js';
import { selectEntries, type RestoreSelection, type SelectedEntries } from './select-entries.js';

/** What a restore will do, decided before anything is written. */
export interface RestorePlan {
  /** The backup, reduced to the tables, sequences and large objects that are restored. */
  readonly source: RestoreSource;
  /** The entries for pg_restore's list, in the archive's order; undefined means all, without a list. */
  readonly entries: readonly TocEntry[] | undefined;
  /** Materialized views to fill once everything else is there, in the order of their dependencies. */
  readonly views: readonly TocEntry[];
  /** What of the schema can be compared with the backup: all, what belongs to the restored tables, or nothing. */
  readonly schemaProof: 'whole' | 'tables' | 'none';
  /** What gives the database itself its settings, rights and comment; empty unless all of it is restored. */
  readonly ofDatabase: readonly TocEntry[];
  readonly warnings: readonly string[];
}

/**
 * Decides what of an archive is restored. Pure.
 * @throws BkDbError USAGE when a script, which has no table of contents, is to be restored in part; NOT_FOUND for
 *   patterns that match nothing.
 */
export function planRestore(
  source: RestoreSource,
  toc: ArchiveToc | undefined,
  selection: RestoreSelection,
): RestorePlan {
  const isPart = selection.tables.length + selection.schemas.length > 0;
  if (toc === undefined) {
    if (isPart || selection.content !== 'all') throw notFromScript();
    return { source, entries: undefined, views: [], schemaProof: 'whole', ofDatabase: [], warnings: [] };
  }
  const selected = selectEntries(toc.entries, selection);
  refuseUnmatched(selected);
  const whole = selectEntries(toc.entries, { ...selection, content: 'all' });
  const chosen = new Set(whole.entries.map(({ dumpId }) => dumpId));
  const filled = toc.entries.filter(({ desc }) => desc === 'MATERIALIZED VIEW DATA');
  const views = filled.filter(({ dependencies }) => dependencies.some((id) => chosen.has(id)));
  const isAll = !isPart && selection.content === 'all';
  return {
    source: isAll ? source : narrow(source, selected, isPart),
    entries: isAll && filled.length === 0 ? undefined : selected.entries,
    views: selection.content === 'schema' ? [] : views,
    schemaProof: selection.content === 'data' ? 'none' : isPart ? 'tables' : 'whole',
    ofDatabase: isAll ? toc.entries.filter(isOfDatabase) : [],
    warnings: selected.leftOut.map(
      ({ namespace, tag }) =>
        `left out the foreign key ${namespace}.${tag}: the table it refers to is not restored`,
    ),
  };
}

function narrow(source: RestoreSource, { entries }: SelectedEntries, isPart: boolean): RestoreSource {
  const namesOf = (desc: string) =>
    new Set(entries.flatMap((entry) => (entry.desc === desc ? [`${entry.namespace}\0${entry.tag}`] : [])));
  const [data, sets] = [namesOf('TABLE DATA'), namesOf('SEQUENCE SET')];
  const tables = source.tables.filter(({ schema, name }) => data.has(`${schema}\0${name}`));
  const sequences = source.sequences.filter(({ schema, name }) => sets.has(`${schema}\0${name}`));
  const largeObjects = entries.some(({ desc }) => desc === 'BLOBS') ? source.largeObjects : null;
  const sum = (count: (table: (typeof tables)[number]) => number | null) =>
    tables.reduce<number | null>((total, table) => {
      const more = count(table);
      return total === null || more === null ? null : total + more;
    }, 0);
  return {
    ...source,
    tables,
    sequences,
    largeObjects,
    options: isPart ? { ...source.options, selection: NOTHING_SAID } : source.options,
    totals: {
      ...source.totals,
      tables: tables.length,
      rows: sum(({ rows }) => rows),
      copyBytes: sum(({ copyBytes }) => copyBytes),
      sequences: sequences.length,
      largeObjects: largeObjects?.count ?? 0,
    },
  };
}

/** Marks a part of a database, as a backup of a part is marked. */
const NOTHING_SAID = { schemas: [], tables: [], excludeTables: [], excludeTableData: [] };

function refuseUnmatched({ unmatched }: SelectedEntries): void {
  if (unmatched.length === 0) return;
  throw new BkDbError('NOT_FOUND', `the archive has nothing that matches ${unmatched.join(', ')}`, {
    hint: '`bk-db restore ARCHIVE --list` shows what it has; names with capitals need double quotes.',
    details: { unmatched },
  });
}

function notFromScript(): BkDbError {
  return new BkDbError('USAGE', 'a plain script cannot be restored in part', {
    hint: 'Restore all of it into a database of its own, and take from there what you need.',
  });
}
