import { toBkDbError } from '../core/to-error.js';
import { failureText } from './failure-text.js';
import { paintFor } from './terminal.js';

/**
 * Decides what a write to stdout or stderr that fails means: nothing for `bk-db ... | head`, an IO error for a full
 * disk. Called again when a command is made, because oclif adds a listener of its own that throws.
 */
export function guardOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', outputFailed);
  }
}

let isReported = false;

/** Once: where a terminal has gone, the report of the failure fails as well, and its report, and so on for ever. */
function outputFailed(thrown: NodeJS.ErrnoException): void {
  if (thrown.code === 'EPIPE' || isReported) return;
  isReported = true;
  const error = toBkDbError(thrown);
  // Whatever the command makes of its own work: its result did not arrive.
  process.once('exit', () => (process.exitCode = error.exitStatus));
  process.stderr.write(failureText(error, paintFor(process.stderr, process.env, false)));
}
