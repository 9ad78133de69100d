import { createHash } from 'node:crypto';
import type { RestoreSource } from '../backup/index.js';
import { withAdvisoryLock } from '../core/advisory-lock.js';
import { withDatabase as onDatabase, type ConnectionTarget } from '../core/connection.js';
import { quoteIdentifier, type TransactionSql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { isServerError } from '../core/to-error.js';
import { besideName, isBesideName } from './database-names.js';
import { commentStatement, listMarked, markStatement } from './database-mark.js';
import {
  createTarget,
  dropTarget,
  maintenanceTarget,
  onMaintenance,
  readContents,
} from './target-database.js';

export interface BesideOptions {
  readonly target: ConnectionTarget;
  /** The name that clients use, or will use. */
  readonly database: string;
  /** Encoding, collation and owner are taken from it. */
  readonly like: RestoreSource;
  readonly noOwner: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onWarning: (text: string) => void;
}

/**
 * Creates a database beside the one that is meant, hands it over to be filled, and drops it when that fails: the final
 * name never means a half-filled database. One that does not agree with its backup is kept for a look. What a killed
 * restore left is removed first.
 */
export async function withBesideDatabase<T>(
  options: BesideOptions,
  work: (beside: ConnectionTarget) => Promise<T>,
): Promise<T> {
  const { target, database, signal, now } = options;
  const name = besideName(database, 'restore', now);
  const beside = onDatabase(target, name);
  return withAdvisoryLock(await maintenanceTarget(target), { ...lockOf(name), signal }, async () => {
    await sweepRemnants(options);
    await createTarget(beside, options.like, options.noOwner);
    try {
      await onMaintenance(beside, (sql) =>
        sql.unsafe(markStatement(name, { state: 'restoring', database, since: now.toISOString() })),
      );
      return await work(beside);
    } catch (error) {
      if (isMismatch(error)) await onMaintenance(beside, (sql) => sql.unsafe(commentStatement(name, null)));
      else await dropTarget(beside);
      throw error;
    }
  });
}

/** How a filled database becomes the one that is meant. */
export interface Publication {
  readonly database: string;
  /** What gives the database its settings, rights and comment, under the name that it has then. */
  readonly statements: readonly string[];
}

/**
 * Gives a filled database its final name, in one transaction with the removal of the note on it and with what belongs to
 * the database itself.
 * @returns which of the statements failed, and why: what this role may not do, or the server does not know.
 * @throws BkDbError TARGET_NOT_EMPTY when there is a database of that name by now.
 */
export async function publishDatabase(
  beside: ConnectionTarget,
  { database, statements }: Publication,
): Promise<readonly string[]> {
  return onMaintenance(beside, (sql) =>
    sql.begin(async (transaction) => {
      await transaction.unsafe(commentStatement(beside.database, null));
      await transaction.unsafe(
        `alter database ${quoteIdentifier(beside.database)} rename to ${quoteIdentifier(database)}`,
      );
      return runEach(transaction, statements);
    }),
  ).catch((error: unknown) => {
    if (!isServerError(error) || error.code !== DUPLICATE_DATABASE) throw error;
    throw new BkDbError('TARGET_NOT_EMPTY', `somebody created database ${database} meanwhile`, {
      hint: 'It was not touched, and what was restored was dropped again.',
      details: { database },
      cause: error,
    });
  });
}

/** Runs each by itself. Returns what became of those that failed. */
async function runEach(transaction: TransactionSql, statements: readonly string[]): Promise<string[]> {
  const failures: string[] = [];
  for (const statement of statements) {
    await transaction
      .savepoint((inner) => inner.unsafe(statement))
      .catch((error: unknown) => {
        if (!isServerError(error)) throw error;
        failures.push(`not restored: ${statement.replace(/;$/, '')}: ${error.message}`);
      });
  }
  return failures;
}

const DUPLICATE_DATABASE = '42P04';

/** Drops what restores into the same name left when they were killed: nobody holds the lock of its name. */
async function sweepRemnants({ target, database, onWarning }: BesideOptions): Promise<void> {
  for (const name of await findRemnants(target, database)) {
    try {
      await withAdvisoryLock(await maintenanceTarget(target), lockOf(name), async () => {
        await dropTarget(onDatabase(target, name));
        onWarning(`dropped ${name}, which a restore that was killed had left`);
      });
    } catch (error) {
      if (!(error instanceof BkDbError)) throw error;
      if (error.code !== 'LOCK_HELD') onWarning(`could not drop the remnant ${name}: ${error.message}`);
    }
  }
}

/** Those noted as being filled, and those that were killed before the note: of such a name, and without any object. */
async function findRemnants(target: ConnectionTarget, database: string): Promise<string[]> {
  const { marked, unmarked } = await onMaintenance(target, async (sql) => {
    const all = await listMarked(sql);
    const rows = await sql<{ name: string }[]>`
      select d.datname as name from pg_catalog.pg_database d
       where pg_catalog.shobj_description(d.oid, 'pg_database') is null and d.datallowconn`;
    return {
      marked: all.flatMap(({ name, mark }) =>
        mark.state === 'restoring' && mark.database === database ? [name] : [],
      ),
      unmarked: rows.map(({ name }) => name).filter((name) => isBesideName(name, database, 'restore')),
    };
  });
  const empty: string[] = [];
  for (const name of unmarked) {
    const contents = await readContents(onDatabase(target, name)).catch(() => undefined);
    if (contents?.length === 0) empty.push(name);
  }
  return [...marked, ...empty];
}

/** One number per name: who fills the database holds it. */
function lockOf(name: string) {
  const key = createHash('sha256').update(`bk-db restore ${name}`).digest().readBigInt64BE(0);
  return { key, object: `the restore into ${name}`, waitMs: 0 };
}

function isMismatch(error: unknown): boolean {
  return error instanceof BkDbError && error.code === 'VERIFY_MISMATCH';
}
