import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../src/lib/cli/table.js';
import type { Paint } from '../../../src/lib/cli/terminal.js';

const plain: Paint = (_, text) => text;
const green: Paint = (style, text) => (style === 'green' ? `\u001b[32m${text}\u001b[39m` : text);

const columns = [
  { head: 'name', value: (row: { name: string; rows: number }) => row.name, style: () => 'green' as const },
  { head: 'rows', value: (row: { name: string; rows: number }) => String(row.rows), align: 'right' as const },
];

describe('renderTable', () => {
  it('aligns columns, and leaves no space at the end of a line', () => {
    const rows = [
      { name: 'film', rows: 1000 },
      { name: 'film_actor', rows: 5 },
    ];
    expect(renderTable(columns, rows, plain)).toBe('name        rows\nfilm        1000\nfilm_actor     5');
  });

  it('paints cells without moving the columns', () => {
    const line = renderTable(columns, [{ name: 'film', rows: 1 }], green).split('\n')[1];
    expect(line).toBe('\u001b[32mfilm\u001b[39m     1');
  });

  it('takes control characters out of values, so that a name cannot paint or break the table', () => {
    const line = renderTable(columns, [{ name: 'a\u001b[31mb\nc', rows: 1 }], plain).split('\n')[1];
    expect(line).toBe('a\ufffd[31mb\ufffdc     1');
  });
});
