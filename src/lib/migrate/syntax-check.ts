import { loadModule, parseSync, SqlError } from 'libpg-query';
import type { Statement } from './statements.js';

/** Where PostgreSQL's parser gives up on a statement. */
export interface SyntaxProblem {
  /** In the parser's own words. */
  readonly message: string;
  /** Place in the script's text, in UTF-16 units. */
  readonly position: number;
}

/** Finds the syntax error of a statement; undefined when there is none. */
export type SyntaxCheck = (statement: Statement) => SyntaxProblem | undefined;

/** Makes PostgreSQL 18's own parser ready (WebAssembly, 2 MB): only for what needs it. */
export async function loadSyntaxCheck(): Promise<SyntaxCheck> {
  await loadModule();
  return ({ text, start }) => {
    try {
      parseSync(text);
      return undefined;
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      const characters = Math.max(0, error.sqlDetails?.cursorPosition ?? 0);
      const before = Array.from(text).slice(0, characters).join('');
      return { message: error.message, position: start + before.length };
    }
  };
}
