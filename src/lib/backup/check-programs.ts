import { BkDbError } from '../core/errors.js';
import type { RunTool, Tool } from '../core/process.js';
import { encryptTool } from './dump-plan.js';

/** @throws BkDbError TOOL_MISSING naming what needs the program. */
export async function checkProgram(runTool: RunTool, program: string, purpose: string): Promise<void> {
  if (await hasProgram(runTool, program)) return;
  throw new BkDbError('TOOL_MISSING', `the program ${program} was not found; ${purpose} needs it`, {
    hint: `Install it (Debian: apt-get install ${program}).`,
    details: { program },
  });
}

/** True for a program that starts. */
export async function hasProgram(runTool: RunTool, program: string): Promise<boolean> {
  const tool: Tool = { command: program, args: ['--version'] };
  return runTool(tool).then(
    () => true,
    () => false,
  );
}

/**
 * Checks that age takes each recipient, by encrypting nothing to it.
 * @throws BkDbError TOOL_MISSING, or USAGE naming the recipient.
 */
export async function checkRecipients(runTool: RunTool, recipients: readonly string[]): Promise<void> {
  if (recipients.length === 0) return;
  await checkProgram(runTool, 'age', '--encrypt-to');
  for (const recipient of recipients) {
    await runTool(encryptTool([recipient])).catch((error: unknown) => {
      throw new BkDbError('USAGE', `"${recipient}" is not a recipient that age knows`, {
        hint: 'Give a public key: age1... (age-keygen prints it), or a line of an ssh .pub file.',
        details: { recipient },
        cause: error,
      });
    });
  }
}
