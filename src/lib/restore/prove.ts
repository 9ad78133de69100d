import {
  copyOutStatements,
  CopyDigest,
  digestRowSets,
  RowSetDigest,
  summariseLargeObjects,
  type ArchiveAccess,
  type RestoreSource,
  type TableCopy,
} from '../backup/index.js';
import type { ConnectionTarget } from '../core/connection.js';
import { readCopyStream } from '../core/copy-stream.js';
import { openDatabase, quoteQualified, type Database, type Sql } from '../core/database.js';
import { mapConcurrent } from '../core/map-concurrent.js';
import { BkDbError } from '../core/errors.js';
import type { OnProgress } from '../core/progress.js';
import { compareInventory } from './compare-inventory.js';
import { findOrphans } from './data-target.js';
import type { RestorePlan } from './plan-restore.js';
import { readInvariants } from './read-invariants.js';
import type { OwnershipOptions } from './restore-tool.js';
import type { Mismatch, Proof } from './types.js';

export interface ProveDeps {
  readonly target: ConnectionTarget;
  /** For the list of the schema's objects, which may be encrypted. */
  readonly access: ArchiveAccess;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface ProveOptions {
  /** Tables compared at the same time. */
  readonly jobs: number;
  readonly ownership: OwnershipOptions;
}

/**
 * Compares a restored database with its backup: every table's COPY stream by row count and SHA-256, every
 * sequence, every large object, every object of the schema. The backup must have fingerprints. What does not agree is returned, not thrown.
 */
export async function proveRestored(
  deps: ProveDeps,
  { source: backup, schemaProof }: Pick<RestorePlan, 'source' | 'schemaProof'>,
  { jobs, ownership }: ProveOptions,
): Promise<Proof> {
  const copies = copyOutStatements(backup);
  const sessions = await openSessions(deps.target, backup, Math.max(1, Math.min(jobs, copies.length)));
  try {
    const idle = [...sessions];
    let done = 0;
    const tables = await mapConcurrent(copies, sessions.length, async (copy) => {
      const session = idle.pop();
      if (session === undefined) throw new Error('no idle session');
      const found = await compareTable(session.sql, copy, deps.signal);
      idle.push(session);
      deps.onProgress({ phase: 'proving', done: ++done, total: copies.length, unit: 'tables' });
      return found;
    });
    const [{ sql }] = sessions;
    await resolveOrder(deps, { sql, source: backup, copies }, tables);
    deps.onProgress({ phase: 'proving the schema' });
    const schema = await compareInventory(
      { sql, access: deps.access },
      { source: backup, schemaProof },
      ownership,
    );
    return {
      tables: copies.length,
      rows: backup.totals.rows ?? 0,
      byRowsOnly: copies.flatMap(({ table }, i) =>
        tables[i] === 'rows only' ? [`${table.schema}.${table.name}`] : [],
      ),
      sequences: backup.totals.sequences,
      largeObjects: backup.totals.largeObjects,
      objects: schema.objects,
      inventory: schema.inventory,
      invariants: await readInvariants(sql),
      mismatches: oncePerObject([
        ...tables.filter((found) => typeof found === 'object'),
        ...(await compareSequences(sql, backup)),
        ...(await compareLargeObjects(sql, backup, deps.signal)),
        ...schema.mismatches,
        ...(schemaProof === 'none' ? await findOrphans(sql, backup) : []),
      ]),
    };
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

/** A table that is not there is missed by its rows and by its schema. */
function oncePerObject(mismatches: readonly Mismatch[]): Mismatch[] {
  const byObject = new Map<string, Mismatch>();
  for (const mismatch of mismatches) {
    const key = `${mismatch.kind}\0${mismatch.name}`;
    if (!byObject.has(key)) byObject.set(key, mismatch);
  }
  return [...byObject.values()];
}

/** Everything that changes how values are written, as pg_dump has it. */
function sessionSettings(backup: RestoreSource): Readonly<Record<string, string>> {
  return {
    DateStyle: 'ISO',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    extra_float_digits: '3',
    bytea_output: 'hex',
    ...(backup.lcMonetary === null ? {} : { lc_monetary: backup.lcMonetary }),
    synchronize_seqscans: 'off',
    row_security: 'off',
    search_path: '',
    statement_timeout: '0',
    quote_all_identifiers: 'off',
  };
}

async function openSessions(
  target: ConnectionTarget,
  backup: RestoreSource,
  count: number,
): Promise<[Database, ...Database[]]> {
  const sessions: Database[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const session = await openDatabase(target, { pool: { max: 1 } });
      sessions.push(session);
      for (const [name, value] of Object.entries(sessionSettings(backup)))
        await session.sql`select pg_catalog.set_config(${name}, ${value}, false)`;
    }
    return sessions as [Database, ...Database[]];
  } catch (error) {
    await Promise.all(sessions.map((session) => session.close()));
    throw error;
  }
}

/**
 * What does not agree; `rows only` where nothing more can be compared; `other order or rows` until the rows are compared
 * whatever their order.
 */
type Compared = Mismatch | 'rows only' | 'other order or rows' | undefined;

async function compareTable(sql: Sql, copy: TableCopy, signal: AbortSignal): Promise<Compared> {
  const { table, statement } = copy;
  const name = `${table.schema}.${table.name}`;
  try {
    const digest = new CopyDigest();
    for await (const chunk of readCopyStream(sql, statement)) {
      signal.throwIfAborted();
      digest.update(chunk);
    }
    const actual = digest.result();
    if (actual.rows !== table.rows)
      return {
        kind: 'table',
        name,
        problem: `it has ${actual.rows} rows instead of ${table.rows ?? 'an unknown number'}`,
      };
    if (actual.sha256 === table.sha256) return undefined;
    return 'other order or rows';
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'table', name, problem: error instanceof Error ? error.message : String(error) };
  }
}

interface Reordered {
  readonly sql: Sql;
  readonly source: RestoreSource;
  readonly copies: readonly TableCopy[];
}

/**
 * A heap keeps no order: rows that are loaded one table at a time may go where an earlier page has room. So rows that are
 * not byte for byte in the archive's order are compared as a set, for which the archive is read once more.
 */
async function resolveOrder(
  { access, signal }: ProveDeps,
  { sql, source, copies }: Reordered,
  compared: Compared[],
): Promise<void> {
  const open = copies.filter((_, n) => compared[n] === 'other order or rows');
  if (open.length === 0) return;
  const sets = await digestRowSets(
    { ...access, signal },
    source,
    open.map(({ table }) => table),
  );
  for (const [n, { table, statement }] of copies.entries()) {
    if (compared[n] !== 'other order or rows') continue;
    const digest = new RowSetDigest();
    for await (const chunk of readCopyStream(sql, statement)) {
      signal.throwIfAborted();
      digest.update(chunk);
    }
    const name = `${table.schema}.${table.name}`;
    const differs = { kind: 'table', name, problem: 'its rows differ from those that were backed up' };
    const isSame = digest.result() === sets.get(`${table.schema}\0${table.name}`);
    compared[n] = isSame ? undefined : source.foreign === undefined ? differs : 'rows only';
  }
}

async function compareSequences(sql: Sql, backup: RestoreSource): Promise<Mismatch[]> {
  const mismatches: Mismatch[] = [];
  for (const { schema, name, lastValue, isCalled } of backup.sequences) {
    const found = await readSequence(sql, quoteQualified(schema, name));
    if (found.lastValue === lastValue && found.isCalled === isCalled) continue;
    mismatches.push({
      kind: 'sequence',
      name: `${schema}.${name}`,
      problem: found.problem ?? `it stands at ${found.lastValue} instead of ${lastValue}`,
    });
  }
  return mismatches;
}

async function readSequence(sql: Sql, name: string) {
  try {
    const [row] = await sql.unsafe<{ lastValue: string; isCalled: boolean }[]>(
      `select last_value::text as "lastValue", is_called as "isCalled" from ${name}`,
    );
    return { lastValue: row?.lastValue ?? '', isCalled: row?.isCalled ?? false, problem: undefined };
  } catch (error) {
    return {
      lastValue: '',
      isCalled: false,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}

async function compareLargeObjects(
  sql: Sql,
  backup: RestoreSource,
  signal: AbortSignal,
): Promise<Mismatch[]> {
  const expected = backup.largeObjects;
  if (expected === null) return [];
  const oids = await sql<
    { oid: number }[]
  >`select oid::int8::float8 as oid from pg_catalog.pg_largeobject_metadata`;
  const objects = [];
  for (const { oid } of oids) {
    signal.throwIfAborted();
    const [row] = await sql<{ bytes: number; sha256: string }[]>`
      select pg_catalog.length(content)::float8 as bytes,
             pg_catalog.encode(pg_catalog.sha256(content), 'hex') as sha256
        from pg_catalog.lo_get(${oid}) as content`;
    if (row !== undefined) objects.push({ oid, ...row });
  }
  const actual = summariseLargeObjects(objects);
  if (actual.sha256 === expected.sha256) return [];
  const problem =
    actual.count === expected.count
      ? 'their contents differ'
      : `there are ${actual.count} instead of ${expected.count}`;
  return [{ kind: 'large objects', name: 'all', problem }];
}

/** @throws BkDbError VERIFY_MISMATCH when something does not agree. */
export function refuseMismatch(
  mismatches: readonly Mismatch[],
  { id }: RestoreSource,
  database: string,
): void {
  const [first] = mismatches;
  if (first === undefined) return;
  const more = mismatches.length > 1 ? `, and ${mismatches.length - 1} more differences` : '';
  throw new BkDbError(
    'VERIFY_MISMATCH',
    `what is in database ${database} is not what is in backup ${id}: ${first.kind} ${first.name}: ${first.problem}${more}`,
    {
      hint: `The database is kept for you to look at; drop it before you restore again.`,
      details: { database, backup: id, mismatches },
    },
  );
}
