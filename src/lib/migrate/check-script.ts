import type { Script } from './script.js';
import { scriptRefused } from './sql-error.js';
import { withoutOwnTransaction } from './transaction-control.js';

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
  return withoutOwnTransaction(script);
}
