import { scriptRefused } from './sql-error.js';
import type { Script } from './script.js';
import type { Statement } from './statements.js';
import { beginsTransaction, endsTransaction, runsOutsideOnly } from './transaction-control.js';

/** What of a file without a transaction is done, and recorded as done, together. */
export interface Unit {
  readonly statements: readonly Statement[];
  /** Counts from 1 in the file: the number of its first statement. */
  readonly ordinal: number;
  /** False for what the server runs outside a transaction only, or what commits by itself. */
  readonly transactional: boolean;
}

/**
 * Cuts a file without a transaction into units: what can run in a transaction does, with its mark in the journal, so
 * that nothing runs twice; a BEGIN ... COMMIT of the file is one unit.
 * @throws BkDbError MIGRATION_FAILED where BEGIN and COMMIT do not pair.
 */
export function unitsOf(script: Script): readonly Unit[] {
  const units: Unit[] = [];
  let open:
    { readonly begin: Statement; readonly ordinal: number; readonly statements: Statement[] } | undefined;
  for (const [index, statement] of script.statements.entries()) {
    const ordinal = index + 1;
    if (open === undefined && beginsTransaction(statement))
      open = { begin: statement, ordinal, statements: [] };
    else if (open !== undefined && /^(commit|end)$/.test(statement.words[0] ?? '')) {
      units.push({ statements: open.statements, ordinal: open.ordinal, transactional: true });
      open = undefined;
    } else if (endsTransaction(statement) || (open !== undefined && beginsTransaction(statement))) {
      throw unpaired(script, statement);
    } else if (open === undefined) {
      units.push({ statements: [statement], ordinal, transactional: !commitsByItself(statement) });
    } else open.statements.push(statement);
  }
  if (open !== undefined) throw unpaired(script, open.begin);
  return units;
}

function commitsByItself(statement: Statement): boolean {
  const [first] = statement.words;
  return (
    runsOutsideOnly(statement) ||
    first === 'call' ||
    (first === 'do' && /\b(commit|rollback)\b/i.test(statement.text))
  );
}

function unpaired(script: Script, { start, words }: Statement) {
  return scriptRefused(script, start, {
    reason: `${(words[0] ?? '').toUpperCase()} has no counterpart in the file`,
    hint: 'Pair each BEGIN with a COMMIT.',
  });
}
