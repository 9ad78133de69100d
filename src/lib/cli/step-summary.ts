import { appendFile } from 'node:fs/promises';
import { BkDbError } from '../core/errors.js';
import type { Context } from './context.js';

export interface StepSummary<T> {
  /** Such as `migrate`. */
  readonly command: string;
  /** The result as Markdown. */
  readonly view: (result: T) => string;
}

/**
 * Does the work and, in a job of GitHub Actions, adds its outcome to the page of the run; also when it fails, which is when
 * somebody looks.
 */
export async function withStepSummary<T>(
  context: Context,
  { command, view }: StepSummary<T>,
  work: () => Promise<T>,
): Promise<T> {
  const file = context.env['GITHUB_STEP_SUMMARY'];
  if (file === undefined || file === '') return work();
  const add = async (text: string) => {
    try {
      await appendFile(file, `### bk-db ${command}\n\n${text}\n\n`);
    } catch (error) {
      context.reporter.warn(`GITHUB_STEP_SUMMARY: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  try {
    const result = await work();
    await add(view(result));
    return result;
  } catch (error) {
    if (error instanceof BkDbError) await add(failureView(error));
    throw error;
  }
}

function failureView({ message, hint, details }: BkDbError): string {
  const report = typeof details['report'] === 'string' ? `\n\n${fenced(details['report'])}` : '';
  return `**Failed:** ${escapeMarkdown(message)}${report}${hint === undefined ? '' : `\n\nHint: ${escapeMarkdown(hint)}`}`;
}

/** A block in which nothing is Markdown: its fence is longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** Text that is to be read as it is, also within a table. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replaceAll('\n', ' ');
}
