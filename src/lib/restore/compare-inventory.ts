import {
  parseQualifiedName,
  readInventory,
  readToc,
  takeInventory,
  type ArchiveAccess,
  type ArchiveToc,
  type InventoryEntry,
  type RestoreSource,
} from '../backup/index.js';
import type { Sql } from '../core/database.js';
import { runTransaction } from '../core/transaction.js';
import type { RestorePlan } from './plan-restore.js';
import type { OwnershipOptions } from './restore-tool.js';
import type { Mismatch } from './types.js';

/** Whose definitions a restore changes when it leaves out owners or rights. */
const RIGHTS = new Set(['grant', 'default privileges']);

export interface InventoryComparison {
  /** How many objects were compared; null when the backup has no list of them. */
  readonly objects: number | null;
  /** What the restored database has, by kind. */
  readonly inventory: Readonly<Record<string, number>>;
  readonly mismatches: readonly Mismatch[];
}

/**
 * Compares the schema of a restored database, object by object, with the list that the backup took from the catalogue:
 * a lost index, a disabled trigger or a foreign key that was never validated has another definition, or none.
 */
export async function compareInventory(
  { sql, access }: { readonly sql: Sql; readonly access: ArchiveAccess },
  { source, schemaProof }: Pick<RestorePlan, 'source' | 'schemaProof'>,
  ownership: OwnershipOptions,
): Promise<InventoryComparison> {
  const all = await runTransaction(sql, takeInventory, { readOnly: true });
  const inventory = countKinds(all);
  if (schemaProof === 'none') return { objects: null, inventory, mismatches: [] };
  const recorded = await readInventory(access, source);
  if (recorded === undefined) {
    const toc = source.options.selection === null ? await readToc(access, source) : undefined;
    return { objects: null, inventory, mismatches: toc === undefined ? [] : compareCounts(toc, inventory) };
  }
  const withoutRights = ownership.noOwner || ownership.noPrivileges || ownership.role !== undefined;
  const belongs = schemaProof === 'whole' ? () => true : partsOf(source);
  // An older list knows fewer kinds of objects.
  const known = new Set(recorded.objects.map(({ kind }) => kind));
  const isCompared = (entry: InventoryEntry) =>
    !(withoutRights && RIGHTS.has(entry.kind)) &&
    (recorded.comparable || known.has(entry.kind)) &&
    belongs(entry);
  const expected = recorded.objects.filter(isCompared);
  const actual = all.filter(isCompared);
  const sameMajor = (await serverMajor(sql)) === Number.parseInt(source.serverVersion, 10);
  return {
    objects: expected.length,
    inventory,
    mismatches: differences(expected, actual, sameMajor && recorded.comparable),
  };
}

/** Whose parts a restored table brings with it, foreign keys aside: those may lead to tables that are not restored. */
const BROUGHT = new Set(['table', 'column', 'index', 'trigger', 'policy', 'rule']);

function partsOf({ tables }: RestoreSource): (entry: InventoryEntry) => boolean {
  const keyOfTable = ({ schema, name }: { schema: string; name: string }) => `${schema}\0${name}`;
  const names = new Set(tables.map(keyOfTable));
  return ({ kind, name }) => BROUGHT.has(kind) && names.has(keyOfTable(parseQualifiedName(name)));
}

/** What a database has, by kind. */
export async function countInventory(sql: Sql): Promise<Record<string, number>> {
  return countKinds(await runTransaction(sql, takeInventory, { readOnly: true }));
}

function countKinds(entries: readonly InventoryEntry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of entries) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Kinds whose number an archive's table of contents tells, for those that have no list of the schema's objects. */
const COUNTED: Readonly<Record<string, readonly string[]>> = {
  table: ['TABLE'],
  view: ['VIEW'],
  'materialized view': ['MATERIALIZED VIEW'],
  sequence: ['SEQUENCE'],
  function: ['FUNCTION', 'PROCEDURE', 'AGGREGATE'],
};

function compareCounts({ entries }: ArchiveToc, inventory: Readonly<Record<string, number>>): Mismatch[] {
  return Object.entries(COUNTED).flatMap(([kind, descs]) => {
    const expected = entries.filter(
      ({ desc, namespace }) => descs.includes(desc) && namespace !== 'bk_migrations',
    ).length;
    const actual = inventory[kind] ?? 0;
    const problem = `there are ${actual} instead of ${expected}`;
    return actual === expected ? [] : [{ kind, name: 'all', problem }];
  });
}

async function serverMajor(sql: Sql): Promise<number> {
  const [row] = await sql<{ version: number }[]>`
    select pg_catalog.current_setting('server_version_num')::int as version`;
  return Math.floor((row?.version ?? 0) / 10_000);
}

/** Another major version words the same definition in other ways, so that there only names are compared. */
function differences(
  expected: readonly InventoryEntry[],
  actual: readonly InventoryEntry[],
  definitions: boolean,
): Mismatch[] {
  const left = new Map(actual.map((entry) => [keyOf(entry), entry]));
  const found: Mismatch[] = [];
  for (const entry of expected) {
    const other = left.get(keyOf(entry));
    left.delete(keyOf(entry));
    if (other === undefined) found.push({ ...named(entry), problem: 'it is missing' });
    else if (definitions && other.sha256 !== entry.sha256)
      found.push({ ...named(entry), problem: 'its definition differs from the one that was backed up' });
  }
  const extra = [...left.values()].map((entry) => ({ ...named(entry), problem: 'it was not in the backup' }));
  return withoutParts([...found, ...extra]);
}

/** Of a table that is missing, or that nobody knows, columns and indexes need not be named one by one. */
function withoutParts(mismatches: readonly Mismatch[]): Mismatch[] {
  const tables = new Map(
    mismatches.flatMap(({ kind, name, problem }) => (WHOLES.has(kind) ? [[name, problem] as const] : [])),
  );
  return mismatches.filter(({ name, problem }) => tables.get(wholeOf(name)) !== problem);
}

const WHOLES = new Set(['table', 'view', 'materialized view', 'foreign table']);

/** `public.orders` of `public.orders.customer_id`, of quoted names too; what has no dot is nobody's part. */
function wholeOf(name: string): string {
  return /^((?:"(?:[^"]|"")*"|[^".]+)\.(?:"(?:[^"]|"")*"|[^".]+))\./s.exec(name)?.[1] ?? '';
}

function keyOf({ kind, name }: InventoryEntry): string {
  return `${kind}\0${name}`;
}

function named({ kind, name }: InventoryEntry) {
  return { kind, name };
}
