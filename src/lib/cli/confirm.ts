import { createInterface } from 'node:readline';
import { BkDbError } from '../core/errors.js';

export interface ConfirmOptions {
  /** What will be changed or lost, named, as a question. */
  readonly question: string;
  /** True when `--yes` was given: nothing is asked. */
  readonly yes: boolean;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/**
 * Returns when the user agreed to destructive work: by `--yes`, or by answering `yes` at a terminal.
 * @throws BkDbError USAGE when the answer was another, or when nobody can be asked; the abort reason.
 */
export async function confirmDestructive(options: ConfirmOptions): Promise<void> {
  if (options.yes) return;
  if (!options.input.isTTY || !options.output.isTTY) {
    throw new BkDbError('USAGE', `cannot ask without a terminal: ${options.question}`, {
      hint: 'Give --yes to do it without being asked.',
    });
  }
  const answer = await ask(options);
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new BkDbError('USAGE', 'not confirmed, so nothing was changed', {
      hint: 'Answer yes, or give --yes.',
    });
  }
}

/** One line from the terminal; empty at its end (Ctrl-D). */
async function ask({ question, input, output, signal }: ConfirmOptions): Promise<string> {
  // Not in raw mode, where Ctrl-C would be a character and no signal.
  const lines = createInterface({ input, output, terminal: false });
  try {
    return await new Promise((resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      lines.once('close', () => resolve(''));
      lines.question(`${question} [y/N] `, resolve);
    });
  } finally {
    lines.close();
  }
}
