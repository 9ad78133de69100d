import { BkDbError } from './errors.js';
import type { Tool } from './process.js';

/** Lines of stderr in an error. */
const STDERR_LINES = 20;

/** A tool that is not there, or may not be run. */
export function toolMissing(tool: Tool): BkDbError {
  return new BkDbError('TOOL_MISSING', `cannot run ${tool.command}`, {
    hint: `Install ${toolName(tool)}, or put its folder into PATH.`,
  });
}

/** A tool that ended with an error, told by the first line of stderr that says one. */
export function toolFailed(tool: Tool, stderr: string, ending: string | number): BkDbError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const how = typeof ending === 'number' ? `ended with status ${ending}` : `was ended by ${ending}`;
  // What went wrong stands in the first line that says so; chatter of --verbose may come before it.
  const first = Math.max(
    lines.findIndex((line) => /\b(error|fatal|panic):/i.test(line)),
    0,
  );
  const message =
    lines[first] === undefined ? `${toolName(tool)} ${how}` : `${toolName(tool)} ${how}: ${lines[first]}`;
  return new BkDbError('TOOL_FAILED', message, {
    details: { tool: toolName(tool), ending, stderr: lines.slice(first, first + STDERR_LINES) },
  });
}

/** What messages call the tool. */
export function toolName(tool: Tool): string {
  return tool.name ?? tool.command.split('/').at(-1) ?? tool.command;
}
