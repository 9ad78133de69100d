import { describe, expect, it } from 'vitest';
import { Reporter } from '../../../src/lib/cli/reporter.js';
import { copyProgress } from '../../../src/lib/core/copy-progress.js';

describe('copyProgress', () => {
  it('adds up tables, and tells rate and what remains', () => {
    const tables = [
      { rows: 100, bytes: 4096 },
      { rows: 150, bytes: 4096 },
    ];
    expect(copyProgress(tables, 1000, 2000)).toEqual({
      done: 250,
      unit: 'rows',
      bytes: 8192,
      bytesPerSecond: 4096,
      total: 1000,
      remainingMs: 6000,
    });
  });

  it('guesses nothing without an estimate, or past it', () => {
    const tables = [{ rows: 10, bytes: 10 }];
    expect(copyProgress(tables, undefined, 1000)).not.toHaveProperty('total');
    expect(copyProgress(tables, 5, 1000)).toMatchObject({ total: 10 });
    expect(copyProgress(tables, 5, 1000)).not.toHaveProperty('remainingMs');
    expect(copyProgress([], 5, 1000)).not.toHaveProperty('remainingMs');
  });
});

it('the progress line says table, rows, bytes, rate and time left', () => {
  const lines: string[] = [];
  const stream = { isTTY: true, columns: 200, write: (text: string) => lines.push(text) > 0 };
  const reporter = new Reporter({
    command: 'backup',
    json: false,
    quiet: false,
    verbose: false,
    noColor: true,
    logFormat: 'text',
    env: {},
    stdout: stream,
    stderr: stream,
  });
  const until = Date.now() + 150;
  while (Date.now() < until);
  const figures = copyProgress([{ rows: 250, bytes: 8192 }], 1000, 2000);
  reporter.progress({ phase: 'dumping public.rental', ...figures });
  expect(lines.join('')).toContain(
    'dumping public.rental: 250 of 1,000 rows (25 %), 8.0 KiB, 4.0 KiB/s, 6.0 s left',
  );
});
