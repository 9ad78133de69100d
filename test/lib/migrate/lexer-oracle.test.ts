import { loadModule, parseSync, scanSync } from 'libpg-query';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nextToken } from '../../../src/lib/migrate/lexer.js';
import { splitScript } from '../../../src/lib/migrate/statements.js';
import { Chance, generateScript, generateTokens } from '../../support/sql-generator.js';

await loadModule();

const SCRIPTS = 10_000;

type Piece = readonly [start: number, end: number];

/** PostgreSQL counts bytes. */
function bytesAt(text: string): (offset: number) => number {
  return (offset) => Buffer.byteLength(text.slice(0, offset));
}

/** Where PostgreSQL's own parser cuts a script, semicolons not counted; undefined when it takes it for no SQL. */
function cutByParser(text: string): Piece[] | undefined {
  try {
    const length = Buffer.byteLength(text);
    return (parseSync(text).stmts ?? []).map(({ stmt_location: at = 0, stmt_len }) => [
      at,
      stmt_len === undefined ? length : at + stmt_len,
    ]);
  } catch {
    return undefined;
  }
}

/** Where ours does; a statement without a semicolon reaches to the end of the text. */
function cutByUs(text: string): Piece[] {
  const bytes = bytesAt(text);
  return splitScript(text).statements.map(({ start, end }) => [
    bytes(start),
    text[end - 1] === ';' ? bytes(end - 1) : Buffer.byteLength(text),
  ]);
}

const QUOTED = /^(?:[ebx]|u&)?['"]|^\$(?![0-9])[^$]*\$/i;

/** Comments, quoted things and semicolons as PostgreSQL's own scanner sees them; undefined where something is open. */
function scannedByPostgres(text: string): Piece[] | undefined {
  try {
    const { tokens } = scanSync(text);
    // A backslash outside quotes is psql's, to us.
    if (tokens.some(({ text: token }) => token === '\\')) return undefined;
    if (continuesBehindComment(tokens)) return undefined;
    return tokens
      .filter(({ tokenName, text: token }) => /COMMENT|ASCII_59/.test(tokenName) || QUOTED.test(token))
      .map(({ start, end }) => [start, end]);
  } catch {
    return undefined;
  }
}

/** The server joins 'a' -- comment, line end, 'b'; libpg_query, which makes tokens of comments, does not. */
function continuesBehindComment(tokens: readonly { tokenName: string; text: string }[]): boolean {
  return tokens.some(({ text }, at) => {
    if (!text.startsWith("'") || tokens[at - 1]?.tokenName !== 'SQL_COMMENT') return false;
    const before = tokens.slice(0, at).findLast(({ tokenName }) => tokenName !== 'SQL_COMMENT');
    return before?.text.endsWith("'") === true;
  });
}

function scannedByUs(text: string): Piece[] {
  const bytes = bytesAt(text);
  const pieces: Piece[] = [];
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) {
    const isQuoted = token.kind === 'string' || token.kind === 'quoted';
    if (isQuoted || token.kind === 'comment' || text.slice(token.start, token.end) === ';')
      // PostgreSQL takes the N of N'..' for a word.
      pieces.push([bytes(token.start + (/^n'/i.test(text.slice(token.start)) ? 1 : 0)), bytes(token.end)]);
  }
  return pieces;
}

describe(`on ${SCRIPTS} generated scripts, compared with PostgreSQL's own parser`, () => {
  it('statements begin and end at the same places', () => {
    let parsed = 0;
    for (let seed = 1; parsed < SCRIPTS; seed++) {
      expect(seed, 'too few scripts are SQL').toBeLessThan(SCRIPTS * 2);
      const script = generateScript(new Chance(seed));
      const expected = cutByParser(script);
      if (expected === undefined) continue;
      parsed++;
      expect(cutByUs(script), `seed ${seed}: ${JSON.stringify(script)}`).toEqual(expected);
    }
  });

  it('comments, quoted things and semicolons are the same in any heap of tokens', () => {
    let closed = 0;
    for (let seed = 1; closed < SCRIPTS; seed++) {
      const text = generateTokens(new Chance(seed));
      const expected = scannedByPostgres(text);
      if (expected === undefined) continue;
      closed++;
      expect(scannedByUs(text), `seed ${seed}: ${JSON.stringify(text)}`).toEqual(expected);
    }
  });
});

it("cuts the project's own migrations at the same places", () => {
  const folder = join(import.meta.dirname, '../../../sql/migrations');
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(cutByUs(text), file).toEqual(cutByParser(text));
  }
});
