import { scriptRefused } from './sql-error.js';
import type { Script } from './script.js';
import type { Statement } from './statements.js';

const BEGIN = /^(begin|start transaction)\b/;
const END = /^(commit|end|rollback|abort|prepare transaction)\b/;
const COMMIT = /^(commit|end)( work| transaction)?$/;

/**
 * The script without a BEGIN and COMMIT around all of it: bk-db's own transaction, which also holds the ledger's row,
 * takes their place. Statements that would end that transaction early are refused.
 * @throws BkDbError MIGRATION_FAILED pointing at the statement; nothing was run.
 */
export function withoutOwnTransaction(script: Script): Script {
  if (!script.transactional) return script;
  const { statements } = script;
  const [first, last] = [statements[0], statements.at(-1)];
  const wrapped =
    statements.length > 1 &&
    BEGIN.test(phrase(first)) &&
    COMMIT.test(phrase(last).replace(/ and no chain$/, ''));
  const inner = wrapped ? statements.slice(1, -1) : statements;
  const offender = inner.find((statement) => endsTransaction(statement) || beginsTransaction(statement));
  if (offender !== undefined) {
    throw scriptRefused(script, offender.start, {
      reason: `${(offender.words[0] ?? '').toUpperCase()} inside a migration would tear it from its ledger row`,
      hint: 'Remove it: each file runs in one transaction. Or put `-- bk-db: no-transaction` at the top of the file.',
    });
  }
  return { ...script, statements: inner };
}

/** True for BEGIN and START TRANSACTION. */
export function beginsTransaction(statement: Statement): boolean {
  return BEGIN.test(phrase(statement));
}

/** True for what ends the open transaction; ROLLBACK TO SAVEPOINT does not. */
export function endsTransaction(statement: Statement): boolean {
  const words = phrase(statement);
  if (/^rollback( work| transaction)? to\b/.test(words)) return false;
  if (/^(commit|rollback) prepared\b/.test(words)) return true;
  return END.test(words);
}

function phrase(statement: Statement | undefined): string {
  return statement?.words.join(' ') ?? '';
}

const OUTSIDE_ONLY = [
  /^create (unique )?index concurrently\b/,
  /^drop index concurrently\b/,
  /^reindex\b.*\bconcurrently\b/,
  /^reindex (database|system|schema)\b/,
  /^vacuum\b/,
  /^(create|drop) (database|tablespace)\b/,
  /^alter system\b/,
  /^alter table .*\bdetach partition .*\bconcurrently\b/,
  /^(create|drop) subscription\b/,
];

/** True for a statement that the server refuses within a transaction. */
export function runsOutsideOnly(statement: Statement): boolean {
  const words = phrase(statement);
  return OUTSIDE_ONLY.some((pattern) => pattern.test(words));
}
