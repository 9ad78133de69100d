import type { Script } from './script.js';
import { scriptRefused } from './sql-error.js';
import { runsOutsideOnly, withoutOwnTransaction } from './transaction-control.js';

/**
 * The script as it will run, when it can.
 * @throws BkDbError MIGRATION_FAILED pointing at an open quote, a psql command, or an embedded COMMIT.
 */
export function checkScript(script: Script): Script {
  if (script.unterminated !== undefined) {
    throw scriptRefused(script, script.unterminated.start, {
      reason: `unterminated ${script.unterminated.what}`,
      hint: 'Close it.',
    });
  }
  const [meta] = script.metaCommands;
  if (meta !== undefined) {
    throw scriptRefused(script, meta.start, {
      reason: `${meta.text.split(/\s/)[0] ?? ''} is a command of psql, not SQL`,
      hint: 'Write it as SQL, or remove it.',
    });
  }
  return withoutOwnTransaction(withTransactionOnlyWherePossible(script));
}

/** A single statement that the server runs outside a transaction only needs no directive. */
function withTransactionOnlyWherePossible(script: Script): Script {
  const outside = script.statements.find(runsOutsideOnly);
  if (!script.transactional || outside === undefined) return script;
  if (script.statements.length === 1) return { ...script, transactional: false };
  throw scriptRefused(script, outside.start, {
    reason: 'this statement cannot run in a transaction',
    hint: 'Put it into a file of its own, or `-- bk-db: no-transaction` at the top of this one.',
  });
}
