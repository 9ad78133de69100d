import type { Node } from 'libpg-query';

/** Where PostgreSQL's parser gives up on a text. */
export interface SyntaxProblem {
  /** In the parser's own words. */
  readonly message: string;
  /** Place in the text, in UTF-16 units. */
  readonly position: number;
}

/** PostgreSQL 18's own parser. */
export interface Parser {
  /** The statements of a text as trees, or its first syntax error. */
  readonly parse: (sql: string) => readonly Node[] | SyntaxProblem;
  /** The PL/pgSQL of a DO statement; undefined when it is in another language, or cannot be read. */
  readonly parseBlock: (sql: string) => unknown;
}

/** Makes the parser ready; loaded only here, because it is WebAssembly of 2 MB. */
export async function loadParser(): Promise<Parser> {
  // A CommonJS module: bundled, it has its functions in `default` alone.
  const { default: libpgQuery } = await import('libpg-query');
  const { loadModule, parsePlPgSQLSync, parseSync, SqlError } = libpgQuery;
  await loadModule();
  const parse = (sql: string) => {
    try {
      return (parseSync(sql).stmts ?? []).flatMap(({ stmt }) => stmt ?? []);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      const characters = Math.max(0, error.sqlDetails?.cursorPosition ?? 0);
      return { message: error.message, position: Array.from(sql).slice(0, characters).join('').length };
    }
  };
  const parseBlock = (sql: string): unknown => {
    try {
      return parsePlPgSQLSync(sql);
    } catch {
      return undefined;
    }
  };
  return { parse, parseBlock };
}
