import { printable, type Style } from '../terminal.js';

/** A piece of a line in one style. */
export interface Segment {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** One line of the screen, before it is cut and painted. */
export type Line = readonly Segment[];

/** A line of one piece. */
export function line(text: string, style?: Style): Line {
  return [{ text, style }];
}

/** The line cut to a width; control characters of foreign texts are made harmless. */
export function cutLine(segments: Line, columns: number): Line {
  let left = columns;
  return segments.flatMap(({ text, style }) => {
    const cut = Array.from(printable(text).replaceAll(/[\n\t]/g, ' ')).slice(0, left);
    left -= cut.length;
    return cut.length === 0 ? [] : [{ text: cut.join(''), style }];
  });
}

/** A text in exactly so many columns. */
export function cell(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = Array.from(text).slice(0, width).join('');
  return align === 'left' ? cut.padEnd(width) : cut.padStart(width);
}

const BLOCKS = '▁▂▃▄▅▆▇█';

/** The last values as little bars, scaled to the largest of them. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const top = Math.max(...shown, 0);
  return shown
    .map((value) => BLOCKS[top === 0 ? 0 : Math.round((value / top) * (BLOCKS.length - 1))] ?? '▁')
    .join('');
}
