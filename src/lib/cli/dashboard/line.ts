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
    const cut = cutText(printable(text).replaceAll(/[\n\t]/g, ' '), left);
    left -= widthOf(cut);
    return cut === '' ? [] : [{ text: cut, style }];
  });
}

/** A text in exactly so many columns. */
export function cell(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = cutText(text.replaceAll(/\s+/g, ' '), width);
  const padding = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return align === 'left' ? `${cut}${padding}` : `${padding}${cut}`;
}

/** A text in lines of a width, broken between words where that is possible. */
export function wrap(text: string, columns: number): Line[] {
  const width = Math.max(10, columns - 2);
  return text.split('\n').flatMap((paragraph) => {
    const lines: Line[] = [];
    let rest = paragraph;
    while (widthOf(rest) > width) {
      const whole = cutText(rest, width);
      const space = whole.lastIndexOf(' ');
      const cut = space > width / 2 ? whole.slice(0, space + 1) : whole;
      lines.push(line(` ${cut}`));
      rest = rest.slice(cut.length);
    }
    return [...lines, line(` ${rest}`)];
  });
}

// eslint-disable-next-line no-control-regex -- the fast path: most texts are plain
const PLAIN = /^[\u0000-\u007f]*$/;
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uff01-\uff60]/u;
const MARK = /\p{Mark}/u;

function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return Array.from(text).reduce((sum, character) => sum + columnsOf(character), 0);
}

function columnsOf(character: string): number {
  return WIDE.test(character) ? 2 : MARK.test(character) ? 0 : 1;
}

function cutText(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(0, Math.max(0, width));
  let left = width;
  let cut = '';
  for (const character of text) {
    left -= columnsOf(character);
    if (left < 0) break;
    cut += character;
  }
  return cut;
}

const BLOCKS = '▁▂▃▄▅▆▇█';

/** The last values as little bars, scaled to the largest of them. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = width <= 0 ? [] : values.slice(-width);
  const top = Math.max(...shown, 0);
  return shown
    .map((value) => BLOCKS[top === 0 ? 0 : Math.round((value / top) * (BLOCKS.length - 1))] ?? '▁')
    .join('');
}
