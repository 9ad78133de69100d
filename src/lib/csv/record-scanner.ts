import type { Dialect } from './types.js';

/** A record as it lies in its batch. */
export interface CsvRecord {
  /** Bytes [start, end) with its line end. */
  readonly start: number;
  readonly end: number;
  /** Lines of the file, from 1. */
  readonly line: number;
  readonly endLine: number;
  readonly fields: number;
  /** Why it is no proper CSV. */
  readonly problem: string | undefined;
}

/** Whole records and the bytes they lie in. */
export interface Batch {
  readonly bytes: Buffer;
  readonly records: readonly CsvRecord[];
}

/** Where in a field a byte stands; numbers, because they are compared for every byte. */
const State = { FieldStart: 0, Plain: 1, Quoted: 2, AfterQuote: 3 } as const;
type State = (typeof State)[keyof typeof State];

const LF = 0x0a;
const CR = 0x0d;
const NUL = 0;

/**
 * Cuts bytes into records by RFC 4180, with line numbers. COPY would take a quote in the middle of a field as the
 * beginning of a quoted part and swallow the lines up to the next one; here such a record has a problem instead.
 * Blank lines are passed over.
 */
export class RecordScanner {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  #line = 1;

  constructor({ delimiter, quote, escape }: Dialect) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quote = quote.charCodeAt(0);
    this.#escape = escape.charCodeAt(0);
  }

  /** The line after the last record that was given out, from 1. */
  get line(): number {
    return this.#line;
  }

  /** The whole records at the beginning of the bytes; `rest` is where the first unfinished one begins. */
  scan(bytes: Buffer, isEnd: boolean): { readonly records: CsvRecord[]; readonly rest: number } {
    const [delimiter, quote, escape] = [this.#delimiter, this.#quote, this.#escape];
    const records: CsvRecord[] = [];
    let state: State = State.FieldStart;
    let start = 0;
    let line = this.#line;
    let firstLine = line;
    let fields = 1;
    let problem: string | undefined;

    const finish = (end: number, contentEnd: number) => {
      if (contentEnd > start) {
        records.push({ start, end, line: firstLine, endLine: line, fields, problem });
      }
      start = end;
      state = State.FieldStart;
      fields = 1;
      problem = undefined;
    };

    const length = bytes.length;
    let at = 0;
    for (; at < length; at++) {
      const byte = bytes[at];
      if (state === State.Quoted) {
        if (byte === escape && escape !== quote) {
          if (at + 1 === length && !isEnd) break;
          if (bytes[at + 1] === quote || bytes[at + 1] === escape) at++;
        } else if (byte === quote) state = State.AfterQuote;
        else if (byte === LF) line++;
        else if (byte === CR && bytes[at + 1] !== LF) line++;
        else if (byte === NUL) problem ??= 'it holds a NUL byte';
        continue;
      }
      if (byte === delimiter) {
        fields++;
        state = State.FieldStart;
      } else if (byte === LF) {
        finish(at + 1, at);
        firstLine = ++line;
      } else if (byte === CR) {
        if (at + 1 === length && !isEnd) break;
        const end = bytes[at + 1] === LF ? at + 2 : at + 1;
        finish(end, at);
        at = end - 1;
        firstLine = ++line;
      } else if (byte === quote) {
        if (state === State.FieldStart) state = State.Quoted;
        // A doubled quote goes on inside the quotes.
        else if (state === State.AfterQuote && escape === quote) state = State.Quoted;
        else problem ??= `a quote stands in the middle of field ${fields}`;
      } else if (state === State.AfterQuote) {
        problem ??= `something follows the closing quote of field ${fields}`;
        state = State.Plain;
      } else {
        if (byte === NUL) problem ??= 'it holds a NUL byte';
        state = State.Plain;
      }
    }
    if (isEnd && start < length) {
      // The reason for whatever else was found behind it.
      if (state === State.Quoted) problem = `the quote opened in field ${fields} is never closed`;
      finish(length, length);
    }
    this.#line = isEnd ? line : firstLine;
    return { records, rest: start };
  }
}
