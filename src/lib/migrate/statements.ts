import { nextToken, type Token } from './lexer.js';

/** One SQL statement of a script; offsets count UTF-16 units of the script's text. */
export interface Statement {
  readonly start: number;
  /** After the semicolon, or after the last token where the file ends without one. */
  readonly end: number;
  readonly text: string;
  /** Its first words outside parentheses in lower case, enough to tell what kind it is. */
  readonly words: readonly string[];
  /** The lines that follow COPY ... FROM STDIN, without the closing `\.`. */
  readonly copyData?: string;
}

/** A comment or psql line between or inside statements. */
export interface Remark {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** True where no statement is open: only there is a comment a directive. */
  readonly betweenStatements: boolean;
  readonly kind: 'comment' | 'meta';
}

export interface SplitScript {
  readonly statements: readonly Statement[];
  readonly remarks: readonly Remark[];
  /** The first construct that the text leaves open. */
  readonly unterminated: { readonly what: string; readonly start: number } | undefined;
}

const WORDS_KEPT = 12;

/**
 * Cuts a script into its statements as psql would, and collects its comments. Never throws.
 * A comment that matches `boundary` ends a statement that has no semicolon.
 */
export function splitScript(text: string, boundary?: RegExp): SplitScript {
  return new Splitter(text, boundary).run();
}

/** The state of one pass: where the open statement began and how deep it is nested. */
class Splitter {
  readonly #text: string;
  readonly #boundary: RegExp | undefined;
  readonly #statements: Statement[] = [];
  readonly #remarks: Remark[] = [];
  #unterminated: SplitScript['unterminated'];
  #start = -1;
  #end = 0;
  #parentheses = 0;
  #atomic = 0;
  #words: string[] = [];
  #previous = '';

  constructor(text: string, boundary: RegExp | undefined) {
    this.#text = text;
    this.#boundary = boundary;
  }

  run(): SplitScript {
    let at = 0;
    for (;;) {
      const token = nextToken(this.#text, at);
      if (token === undefined) break;
      at = this.#take(token);
    }
    if (this.#start !== -1) this.#close();
    return { statements: this.#statements, remarks: this.#remarks, unterminated: this.#unterminated };
  }

  /** Consumes a token; returns where to go on. */
  #take(token: Token): number {
    if (token.unterminated !== undefined) {
      this.#unterminated ??= { what: token.unterminated, start: token.start };
    }
    if (token.kind === 'comment' || (token.kind === 'meta' && this.#start === -1)) {
      return this.#remark(token, token.kind);
    }
    const text = this.#text.slice(token.start, token.end);
    if (text === ';' && this.#parentheses === 0 && this.#atomic === 0) return this.#terminate(token);
    if (this.#start === -1) this.#start = token.start;
    this.#end = token.end;
    if (token.kind === 'word') this.#word(text.toLowerCase());
    else if (text === '(') this.#parentheses++;
    else if (text === ')') this.#parentheses = Math.max(this.#parentheses - 1, 0);
    this.#previous = text.toLowerCase();
    return token.end;
  }

  #remark({ start, end }: Token, kind: 'comment' | 'meta'): number {
    const text = this.#text.slice(start, end);
    if (this.#start !== -1 && this.#boundary?.test(text) === true) this.#close();
    this.#remarks.push({ start, end, text, kind, betweenStatements: this.#start === -1 });
    return end;
  }

  #word(word: string): void {
    if (this.#parentheses > 0) return;
    if (this.#words.length < WORDS_KEPT || COPY_WORDS.has(word)) this.#words.push(word);
    if (!this.#isRoutine()) return;
    if (this.#atomic === 0) {
      if (word === 'atomic' && this.#previous === 'begin') this.#atomic = 1;
      return;
    }
    // As a name after AS or a dot these words open and close nothing.
    if (this.#previous === 'as' || this.#previous === '.') return;
    if (word === 'case') this.#atomic++;
    else if (word === 'end') this.#atomic--;
  }

  #isRoutine(): boolean {
    const words = this.#words.join(' ');
    return /^create (or replace )?(function|procedure)\b/.test(words);
  }

  #terminate(token: Token): number {
    if (this.#start === -1) return token.end;
    this.#end = token.end;
    if (!isCopyFromStdin(this.#words)) {
      this.#close();
      return token.end;
    }
    const data = copyData(this.#text, token.end);
    this.#close(data.text);
    return data.end;
  }

  #close(data?: string): void {
    const [start, end] = [this.#start, this.#end];
    this.#statements.push({
      start,
      end,
      text: this.#text.slice(start, end),
      words: this.#words,
      ...(data === undefined ? {} : { copyData: data }),
    });
    this.#start = -1;
    this.#parentheses = 0;
    this.#atomic = 0;
    this.#words = [];
    this.#previous = '';
  }
}

const COPY_WORDS = new Set(['from', 'stdin']);

function isCopyFromStdin(words: readonly string[]): boolean {
  if (words[0] !== 'copy') return false;
  const from = words.indexOf('from');
  return from !== -1 && words[from + 1] === 'stdin';
}

function copyData(text: string, from: number): { text: string; end: number } {
  const newline = text.indexOf('\n', from);
  const start = newline === -1 ? text.length : newline + 1;
  const close = /^\\\.[ \t]*$/gm;
  close.lastIndex = start;
  const match = close.exec(text);
  if (match === null) return { text: text.slice(start), end: text.length };
  return { text: text.slice(start, match.index), end: close.lastIndex };
}
