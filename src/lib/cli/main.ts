import { join } from 'node:path';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { toBkDbError } from '../core/to-error.js';
import { failureEnvelope } from './envelope.js';
import { failureText } from './failure-text.js';
import { guardOutput } from './output-guard.js';
import { paintFor } from './terminal.js';
import { routeJsonHelp, wantsJson } from './json-help.js';
import { isUsageFailure } from './usage-error.js';
import { BkDbError } from '../core/errors.js';

/** Runs the command line; the exit status is left in `process.exitCode`, so that pipes are written to the end. */
export async function main(argv: readonly string[], packageRoot: string): Promise<void> {
  // With NODE_ENV=development oclif would load a TypeScript compiler.
  settings.enableAutoTranspile = false;
  guardOutput();
  const onStall = () => reportFailure(new BkDbError('INTERNAL', 'the command stopped in the middle'), argv);
  // Node ends without a word, status 13, when all that is left is a promise that nothing will settle.
  process.once('exit', onStall);
  try {
    await run(routeJsonHelp(argv, join(packageRoot, 'dist/commands')), { root: packageRoot });
  } catch (thrown) {
    if (!isQuietExit(thrown)) reportFailure(earlyFailure(thrown), argv);
  } finally {
    process.off('exit', onStall);
  }
}

/** oclif ends --help and --version by throwing. */
function isQuietExit(thrown: unknown): boolean {
  return thrown instanceof Error && 'oclif' in thrown && (thrown.oclif as { exit?: number }).exit === 0;
}

/** What goes wrong before a command runs, such as a broken installation. */
function earlyFailure(thrown: unknown): BkDbError {
  if (!isUsageFailure(thrown)) return toBkDbError(thrown);
  return new BkDbError('USAGE', thrown.message, { hint: 'Run `bk-db --help` for the list of commands.' });
}

function reportFailure(error: BkDbError, argv: readonly string[]): void {
  process.exitCode = error.exitStatus;
  if (wantsJson(argv)) {
    process.stdout.write(`${JSON.stringify(failureEnvelope('', error), undefined, 2)}\n`);
  } else {
    const paint = paintFor(process.stderr, process.env, argv.includes('--no-color'));
    process.stderr.write(failureText(error, paint));
  }
}
