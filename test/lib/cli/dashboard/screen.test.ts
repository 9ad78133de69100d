import { describe, expect, it } from 'vitest';
import { cell, sparkline } from '../../../../src/lib/cli/dashboard/line.js';
import { Screen } from '../../../../src/lib/cli/dashboard/screen.js';

describe('Screen', () => {
  it('writes only what changed, never wipes the scrollback, and gives the terminal back', () => {
    const written: string[] = [];
    const screen = new Screen({ columns: 80, rows: 3, write: (text) => written.push(text) });
    screen.enter();
    screen.paint(['a', 'b', 'c']);
    screen.paint(['a', 'X', 'c']);
    expect(written.at(-1)).toBe('\u001b[?2026h\u001b[2;1HX\u001b[K\u001b[?2026l');
    screen.paint(['a', 'X', 'c']);
    expect(written).toHaveLength(3);
    screen.leave();
    screen.leave();
    expect(written.slice(3)).toEqual(['\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l']);
    expect(written.join('')).not.toContain('\u001b[3J');
  });
});

describe('cell', () => {
  it('counts columns, not characters', () => {
    expect(cell('日本語', 5)).toBe('日本 ');
    expect(cell('e\u0301x', 3)).toBe('e\u0301x ');
    expect(cell('12', 4, 'right')).toBe('  12');
  });
});

describe('sparkline', () => {
  it('scales to the largest value', () => {
    expect(sparkline([0, 1, 2, 4], 10)).toBe('▁▃▅█');
    expect(sparkline([1, 2, 3], 2)).toBe('▆█');
    expect(sparkline([0, 0], 5)).toBe('▁▁');
  });
});
