import type { Paint } from './terminal.js';

/** A title and under it names with their values, aligned. */
export function fields(title: string, rows: readonly (readonly [string, string])[], paint: Paint): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return [title, ...rows.map(([name, value]) => `  ${paint('dim', name.padEnd(width))}  ${value}`)].join(
    '\n',
  );
}
