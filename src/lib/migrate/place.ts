/** A place in a file as editors count it, both from 1; columns count code points. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The place of an offset (UTF-16 units) in a text. */
export function placeOf(text: string, offset: number): Place {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < lineStart; at = text.indexOf('\n', at + 1)) line++;
  return { line, column: characters(text.slice(lineStart, offset)).length + 1 };
}

/** The offset (UTF-16 units) of a character that the server counts in code points from 1. */
export function offsetOfCharacter(text: string, position: number): number {
  let offset = 0;
  for (let count = 1; count < position && offset < text.length; count++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** Code points, as the server and editors count them. */
function characters(text: string): string[] {
  return Array.from(text);
}

const WINDOW = 100;

/** The line of an offset with its number, the line before it, and a caret below it. */
export function pointAt(text: string, offset: number): string {
  const { line, column } = placeOf(text, offset);
  const lines = text.split('\n');
  const number = String(line);
  const gutter = (label: string) => ` ${label.padStart(number.length)} | `;
  const from = Math.max(0, column - 1 - WINDOW * 0.7);
  const shown = (content: string) =>
    characters(content.replaceAll('\t', ' '))
      .slice(from, from + WINDOW)
      .join('');
  const before = line > 1 ? [gutter(String(line - 1)) + shown(lines[line - 2] ?? '')] : [];
  return [
    ...before,
    gutter(number) + shown(lines[line - 1] ?? ''),
    `${gutter('')}${' '.repeat(column - 1 - from)}^`,
  ]
    .map((row) => row.trimEnd())
    .join('\n');
}

const LONGEST_EXCERPT = 100;

/** The beginning of a statement, on one line. */
export function excerptOf(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= LONGEST_EXCERPT ? line : `${line.slice(0, LONGEST_EXCERPT)}…`;
}
