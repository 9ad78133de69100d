import type { Database, Sql } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import { isServerError } from '../core/to-error.js';
import { dropInvalidIndexes, findIndexes, parseConcurrentIndex } from './concurrent-index.js';
import type { MigrateDeps, RunLimits } from './deps.js';
import { awaitInterrupted } from './interrupted.js';
import { finishedStatement, journalFinish, journalStart, readJournal, type JournalKey } from './journal.js';
import { offsetOfCharacter } from './place.js';
import { runInTransaction } from './run-script.js';
import { cosmeticChecksumOf, type Script } from './script.js';
import { retryWhileLocked } from './locked-retry.js';
import { backendPid, settingsOf } from './session.js';
import { migrationFailure } from './sql-error.js';
import { unitsOf, type Unit } from './units.js';

/** A file without a transaction to run, or to go on with. */
export interface UnitsRun {
  readonly database: Database;
  readonly limits: RunLimits;
  readonly script: Script;
  readonly label: string;
  readonly key: JournalKey;
}

/**
 * Runs a file without a transaction, unit by unit, each recorded in the journal; what an earlier attempt finished is
 * not run again, and what it left half done, such as an invalid index, is removed first.
 * @throws BkDbError MIGRATION_FAILED, MIGRATION_DRIFT (a finished statement was changed since).
 */
export async function runUnits(deps: MigrateDeps, run: UnitsRun): Promise<void> {
  const units = unitsOf(run.script);
  const journal = await awaitInterrupted(deps, run, units);
  for (const [index, unit] of units.entries()) {
    deps.signal.throwIfAborted();
    const checksum = checksumOfUnit(unit);
    const row = journal.find(({ ordinal }) => ordinal === unit.ordinal);
    if (row?.finished === true) {
      if (row.checksum !== checksum) throw finishedUnitChanged(run, unit);
      continue;
    }
    const outcome = `${index} of ${units.length} statements of the file are done and stay; the same command goes on from there`;
    const unitRun = { unit, checksum, outcome };
    await retryWhileLocked(deps, run, () =>
      unit.transactional ? runMarked(deps, run, unitRun) : runBare(deps, run, unitRun),
    );
  }
}

interface UnitRun {
  readonly unit: Unit;
  readonly checksum: string;
  readonly outcome: string;
}

function checksumOfUnit(unit: Unit): string {
  return cosmeticChecksumOf(unit.statements.map(({ text }) => text).join('\n'));
}

/** A unit in a transaction that also marks it as done: it cannot run twice. */
async function runMarked(
  deps: MigrateDeps,
  run: UnitsRun,
  { unit, checksum, outcome }: UnitRun,
): Promise<void> {
  await runInTransaction(run.database.sql, {
    script: { ...run.script, statements: unit.statements },
    label: run.label,
    settings: await settingsOf(run.database, run.limits, { scope: 'transaction', durable: true }),
    record: finishedStatement(run.key, { ordinal: unit.ordinal, checksum }),
    outcome,
    signal: deps.signal,
  });
}

/** A statement that the server runs outside a transaction only: announced before, marked after. */
async function runBare(
  deps: MigrateDeps,
  run: UnitsRun,
  { unit, checksum, outcome }: UnitRun,
): Promise<void> {
  const { sql } = run.database;
  const [statement] = unit.statements;
  if (statement === undefined) return;
  const entry = { ordinal: unit.ordinal, checksum, pid: await backendPid(run.database) };
  const began = (await readJournal(sql, run.key)).find(({ ordinal }) => ordinal === unit.ordinal);
  if (
    began !== undefined &&
    (await recoverIndex(deps, run, { unit, sameText: began.checksum === checksum }))
  ) {
    return journalFinish(sql, run.key, unit.ordinal);
  }
  if (began !== undefined || !(await isInTheWay(sql, unit))) await journalStart(sql, run.key, entry);
  const settings = await settingsOf(run.database, run.limits, { scope: 'session', durable: true });
  try {
    if (settings !== '') await sql.unsafe(settings).simple();
    const query = sql.unsafe(statement.text).simple();
    const cancel = () => query.cancel();
    deps.signal.addEventListener('abort', cancel, { once: true });
    await query.finally(() => deps.signal.removeEventListener('abort', cancel));
  } catch (error) {
    deps.signal.throwIfAborted();
    const position = isServerError(error) ? error.position : undefined;
    const within = position === undefined ? 0 : offsetOfCharacter(statement.text, Number(position));
    const { script, label } = run;
    throw migrationFailure(error, { script, label, outcome, offset: statement.start + within });
  } finally {
    if (settings !== '') await reset(sql);
  }
  await journalFinish(sql, run.key, unit.ordinal);
}

async function reset(sql: Sql): Promise<void> {
  await sql
    .unsafe('reset all')
    .simple()
    .catch(() => undefined);
}

/** True where the index to make is there before the statement ever began: then the server shall say so. */
async function isInTheWay(sql: Sql, { statements: [statement] }: Unit): Promise<boolean> {
  const index = statement === undefined ? undefined : parseConcurrentIndex(statement);
  return index?.name !== undefined && (await findIndexes(sql, index)).length > 0;
}

/** Cleans up after an interrupted CREATE INDEX CONCURRENTLY; true when it had finished after all. */
async function recoverIndex(
  deps: MigrateDeps,
  { database: { sql } }: UnitsRun,
  { unit, sameText }: { readonly unit: Unit; readonly sameText: boolean },
): Promise<boolean> {
  const [statement] = unit.statements;
  const index = statement === undefined ? undefined : parseConcurrentIndex(statement);
  if (index === undefined) return false;
  const found = await findIndexes(sql, index);
  for (const name of await dropInvalidIndexes(sql, found)) {
    deps.onNotice?.(`dropped the invalid index ${name} that an interrupted run left; building it again`);
  }
  return sameText && index.name !== undefined && found.some(({ valid }) => valid);
}

function finishedUnitChanged({ script, label }: UnitsRun, { ordinal }: Unit): BkDbError {
  return new BkDbError(
    'MIGRATION_DRIFT',
    `statement ${ordinal} of ${label} was run already and has been changed since`,
    {
      hint: 'Restore it: only what is not done yet may change.',
      details: { file: script.path, statement: ordinal },
    },
  );
}
