/** What a token is; comments are told apart because directives live in them. */
export type TokenKind = 'comment' | 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'meta';

/** A piece of SQL; offsets count UTF-16 units of the text. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** What is missing at the end of the text, such as `closing quote`. */
  readonly unterminated?: string;
}

const SPACE = /[ \t\n\r\f\v]+/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /(?:0[xX][0-9A-Fa-f_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*)?\.?\d[\d_]*(?:[eE][+-]?\d+)?)/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const LINE = /[^\n\r]*/y;

/**
 * The token at `start`, which must not be white space; undefined at the end. Follows PostgreSQL's own scanner with
 * standard_conforming_strings on; operators come as single characters.
 */
export function nextToken(text: string, from: number): Token | undefined {
  const start = skip(SPACE, text, from);
  const first = text[start];
  if (first === undefined) return undefined;
  const second = text[start + 1];
  if (first === '-' && second === '-') return { kind: 'comment', start, end: skip(LINE, text, start) };
  if (first === '/' && second === '*') return blockComment(text, start);
  if (first === "'") return quoted(text, start, { kind: 'string', open: start });
  if (first === '"') return quoted(text, start, { kind: 'quoted', open: start });
  if (first === '$') return dollar(text, start);
  if (first === '\\') return { kind: 'meta', start, end: skip(LINE, text, start) };
  const wordEnd = skip(WORD, text, start);
  if (wordEnd > start) return wordOrPrefixed(text, start, wordEnd);
  const numberEnd = skip(NUMBER, text, start);
  if (numberEnd > start) return { kind: 'number', start, end: numberEnd };
  return { kind: 'symbol', start, end: start + 1 };
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

function blockComment(text: string, start: number): Token {
  let depth = 0;
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  for (let match = mark.exec(text); match !== null; match = mark.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return { kind: 'comment', start, end: mark.lastIndex };
  }
  return { kind: 'comment', start, end: text.length, unterminated: 'comment' };
}

interface Quote {
  readonly kind: 'string' | 'quoted';
  /** Where the opening quote stands. */
  readonly open: number;
  readonly backslashes?: boolean;
}

function quoted(text: string, start: number, { kind, open, backslashes = false }: Quote): Token {
  const quote = text[open];
  for (let at = open + 1; at < text.length; at++) {
    if (backslashes && text[at] === '\\') at++;
    else if (text[at] === quote) {
      const next =
        text[at + 1] === quote ? at + 1 : kind === 'string' ? continuation(text, at + 1) : undefined;
      if (next === undefined) return { kind, start, end: at + 1 };
      at = next;
    }
  }
  const unterminated = kind === 'string' ? 'quoted string' : 'quoted name';
  return { kind, start, end: text.length, unterminated };
}

/** A string goes on, under the rules of its first part, after a line end: the place of the quote that reopens it. */
function continuation(text: string, from: number): number | undefined {
  let at = from;
  let hasLineEnd = false;
  for (;;) {
    const end = text.startsWith('--', at) ? skip(LINE, text, at) : skip(SPACE, text, at);
    if (end === at) break;
    hasLineEnd ||= /[\n\r]/.test(text.slice(at, end));
    at = end;
  }
  return hasLineEnd && text[at] === "'" ? at : undefined;
}

function dollar(text: string, start: number): Token {
  const bodyStart = skip(DOLLAR_TAG, text, start);
  if (bodyStart === start) return { kind: 'symbol', start, end: start + 1 };
  const tag = text.slice(start, bodyStart);
  const close = text.indexOf(tag, bodyStart);
  if (close === -1) {
    return { kind: 'string', start, end: text.length, unterminated: `dollar-quoted string ${tag}` };
  }
  return { kind: 'string', start, end: close + tag.length };
}

/** `E'..'`, `B'..'`, `X'..'`, `N'..'`, `U&'..'`, `U&".."`, or a plain word. */
function wordOrPrefixed(text: string, start: number, end: number): Token {
  const word = text.slice(start, end).toLowerCase();
  if (text[end] === "'" && /^[ebxn]$/.test(word)) {
    return quoted(text, start, { kind: 'string', open: end, backslashes: word === 'e' });
  }
  if (word === 'u' && text[end] === '&') {
    if (text[end + 1] === "'") return quoted(text, start, { kind: 'string', open: end + 1 });
    if (text[end + 1] === '"') return quoted(text, start, { kind: 'quoted', open: end + 1 });
  }
  return { kind: 'word', start, end };
}
