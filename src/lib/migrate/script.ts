import { createHash } from 'node:crypto';
import { nextToken } from './lexer.js';
import type { Direction } from './migration.js';
import { splitScript, type Remark, type Statement } from './statements.js';
import type { Layout } from './types.js';

/** The SQL of one direction, ready to run. */
export interface Script {
  readonly path: string;
  readonly file: string;
  /** The whole file with normalised line ends; statements' offsets count in it. */
  readonly text: string;
  readonly statements: readonly Statement[];
  /** False when the file asks to run outside a transaction. */
  readonly transactional: boolean;
  readonly unterminated: { readonly what: string; readonly start: number } | undefined;
  /** psql lines that mean nothing here, such as `\i other.sql`; `\restrict` lines of dumps are skipped. */
  readonly metaCommands: readonly Remark[];
}

/** Line ends as Unix has them, without a byte order mark: what is hashed and sent. */
export function normalizeText(text: string): string {
  return text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
}

/** SHA-256 in hexadecimal. */
export function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A hash of the tokens only: the same after changes of comments, white space, or the case of bare words. */
export function cosmeticChecksumOf(text: string): string {
  const hash = createHash('sha256');
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) {
    if (token.kind === 'comment') continue;
    const piece = text.slice(token.start, token.end);
    hash.update(token.kind === 'word' ? piece.toLowerCase() : piece).update('\0');
  }
  return hash.digest('hex');
}

const UP_MARKERS: Readonly<Partial<Record<Layout, RegExp>>> = {
  dbmate: /^--\s*migrate:up\b/,
  goose: /^--\s*\+goose\s+up\b/i,
};
const DOWN_MARKERS: Readonly<Partial<Record<Layout, RegExp>>> = {
  dbmate: /^--\s*migrate:down\b/,
  goose: /^--\s*\+goose\s+down\b/i,
};

/** Comments that end a statement, semicolon or not. */
const BOUNDARIES: Readonly<Partial<Record<Layout, RegExp>>> = {
  dbmate: /^--\s*migrate:(up|down)\b/,
  goose: /^--\s*\+goose\s+(up|down|statementbegin|statementend)\b/i,
};

/** Where the part of one direction begins and ends; a marker inside a statement is none. */
export function sectionOf(
  layout: Layout,
  direction: Direction,
  text: string,
): { start: number; end: number } {
  const up = UP_MARKERS[layout];
  const down = DOWN_MARKERS[layout];
  if (up === undefined || down === undefined) return { start: 0, end: text.length };
  const marks = splitScript(text, BOUNDARIES[layout]).remarks.filter(
    ({ betweenStatements }) => betweenStatements,
  );
  const upAt = marks.find((mark) => up.test(mark.text))?.start ?? 0;
  const downAt = marks.find((mark) => down.test(mark.text))?.start ?? text.length;
  return direction === 'up'
    ? { start: upAt, end: Math.max(downAt, upAt) }
    : { start: downAt, end: upAt > downAt ? upAt : text.length };
}

const NO_TRANSACTION = /^--\s*bk-db:\s*no-transaction\b/;
const FOREIGN_NO_TRANSACTION: Readonly<Partial<Record<Layout, RegExp>>> = {
  flyway: /^--\s*flyway:\s*executeInTransaction\s*=\s*false/,
  dbmate: /^--\s*migrate:(up|down)\b.*\btransaction:\s*false/,
  goose: /^--\s*\+goose\s+no\s+transaction\b/i,
};

/** Lexes one direction of a file. The text must be normalised. */
export function parseScript(
  source: { readonly path: string; readonly file: string; readonly text: string },
  layout: Layout,
  direction: Direction,
): Script {
  const { text } = source;
  const { start, end } = sectionOf(layout, direction, text);
  const { statements, remarks, unterminated } = splitScript(text.slice(0, end), BOUNDARIES[layout]);
  const within = statements.filter((statement) => statement.start >= start);
  const first = within[0]?.start ?? end;
  const foreign = FOREIGN_NO_TRANSACTION[layout];
  const asksForNone = ({ text: line, start: at }: Remark) =>
    (at < first && NO_TRANSACTION.test(line)) ||
    (foreign?.test(line) === true && (layout === 'goose' || (at >= start && at < first)));
  return {
    ...source,
    statements: within,
    transactional: !remarks.some(asksForNone),
    unterminated,
    metaCommands: remarks.filter(
      ({ kind, text: line, start: at }) => kind === 'meta' && at >= start && !/^\\(un)?restrict\b/.test(line),
    ),
  };
}
