import type { Line } from './line.js';

const REPLACEMENTS: Readonly<Record<string, string>> = {
  '✖': 'x',
  '▲': '!',
  '✓': '+',
  '●': '*',
  '├': '|',
  '└': '`',
  '│': '|',
  '─': '-',
  '╭': '+',
  '╮': '+',
  '╰': '+',
  '╯': '+',
  '↑': '^',
  '↓': 'v',
  '←': '<',
  '→': '>',
  '…': '.',
  '▁': '_',
  '▂': '.',
  '▃': ':',
  '▄': '-',
  '▅': '=',
  '▆': '+',
  '▇': '*',
  '█': '#',
};

/** The line in ASCII alone, for terminals without the symbols; what has no likeness becomes a question mark. */
export function asciiLine(segments: Line): Line {
  return segments.map(({ text, style }) => ({
    text: text.replaceAll(/[^\u0020-\u007e\n\t]/gu, (character) => REPLACEMENTS[character] ?? '?'),
    style,
  }));
}
