import type { Hook } from '@oclif/core';
import { failureEnvelope } from '../lib/cli/envelope.js';
import { wantsJson } from '../lib/cli/json-help.js';
import { failureText } from '../lib/cli/failure-text.js';
import { paintFor } from '../lib/cli/terminal.js';
import { unknownCommand, unknownCommandName } from '../lib/cli/usage-error.js';

/** Says that a command does not exist, and which one was perhaps meant. */
const commandNotFound: Hook.CommandNotFound = ({ id, argv = [], config }) => {
  const error = unknownCommand(id, config);
  process.exitCode = error.exitStatus;
  if (wantsJson([id, ...argv])) {
    process.stdout.write(`${JSON.stringify(failureEnvelope(unknownCommandName(id), error), undefined, 2)}\n`);
  } else {
    process.stderr.write(
      failureText(error, paintFor(process.stderr, process.env, argv.includes('--no-color'))),
    );
  }
  return Promise.resolve();
};

export default commandNotFound;
