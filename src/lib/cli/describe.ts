import { EXIT_STATUSES, type ErrorCode } from '../core/errors.js';

/** Codes that any command which connects can end with. */
export const CONNECTING = [
  'CONFIG_INVALID',
  'CONNECTION_FAILED',
  'PERMISSION',
] as const satisfies readonly ErrorCode[];

/** A command's description, ended by the exit statuses it can give. */
export function describeCommand(text: string, codes: readonly ErrorCode[]): string {
  const all: ErrorCode[] = ['INTERNAL', 'USAGE', ...codes, 'INTERRUPTED'];
  const statuses = [...new Set(all)]
    .map((code) => [EXIT_STATUSES[code], code] as const)
    .sort(([a], [b]) => a - b);
  const lines = statuses.map(([status, code]) => `${status} ${code}`);
  return `${text}\n\nExit statuses: 0 done, ${lines.join(', ')} (143 for SIGTERM). \`bk-db help exit-codes\` explains them.`;
}
