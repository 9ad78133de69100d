import type { BkDbError } from '../core/errors.js';
import { printable, type Paint } from './terminal.js';

/** Lines of a tool's stderr that are worth a look. */
const TOOL_LINES = 5;

/** A failure as a person reads it: what happened, what goes with it, what to do. Ends with a newline. */
export function failureText(error: BkDbError, paint: Paint): string {
  const { detail, report, stderr } = error.details;
  const lines = [`${paint('red', 'error:')} ${printable(error.message)}`];
  if (typeof detail === 'string') lines.push(`${paint('dim', 'detail:')} ${printable(detail)}`);
  if (typeof report === 'string') lines.push(printable(report));
  if (Array.isArray(stderr)) {
    const more = stderr.map(String).filter((line) => !error.message.includes(line));
    lines.push(...more.slice(0, TOOL_LINES).map((line) => paint('dim', `  ${printable(line)}`)));
  }
  if (error.hint !== undefined) lines.push(`${paint('cyan', 'hint:')} ${printable(error.hint)}`);
  return `${lines.join('\n')}\n`;
}
