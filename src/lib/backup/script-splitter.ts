const CODES = {
  newline: 0x0a,
  star: 0x2a,
  slash: 0x2f,
  doubleQuote: 0x22,
  dollar: 0x24,
  singleQuote: 0x27,
  dash: 0x2d,
  semicolon: 0x3b,
  backslash: 0x5c,
} as const;
/** It is looked through from its beginning with each piece that comes. */
const LONGEST_STATEMENT_BYTES = 64 << 20;
const BLANKS = new Set([0x09, 0x0a, 0x0d, 0x20]);
const END_OF_ROWS = Buffer.from('\n\\.\n');
const NEWLINE = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);

const COPY_FROM_STDIN = /^COPY .+ FROM stdin;$/s;
/** Longer statements are not looked into. */
const LONGEST_COPY_BYTES = 1 << 20;

/** True for the statement whose rows come next. */
export function startsRows(statement: Buffer): boolean {
  return statement.length <= LONGEST_COPY_BYTES && COPY_FROM_STDIN.test(statement.toString('latin1'));
}

/** Told of what a script consists of. */
export interface ScriptEvents {
  /** A statement with its semicolon; true when it is a COPY whose rows come next. */
  readonly statement: (bytes: Buffer) => boolean;
  readonly rows: (bytes: Buffer) => void;
  readonly rowsEnd: () => void;
  /** A comment, or a command of psql, with its line break. */
  readonly line?: (bytes: Buffer) => void;
}

/**
 * Splits pg_dump's plain script, given piece by piece, into statements and the rows of COPY. Quotes, dollar quotes and
 * comments are seen as psql sees them, so that the text of a function cannot pass for a COPY.
 */
export class ScriptSplitter {
  readonly #events: ScriptEvents;
  #inRows = false;
  /** Of rows: what may be the beginning of their end. Of SQL: what is not lexed to its end. */
  #held: Buffer = NOTHING;
  /** True while the first held byte only stands for the line break before the first row. */
  #isVirtual = false;

  constructor(events: ScriptEvents) {
    this.#events = events;
  }

  write(piece: Buffer): void {
    let rest: Buffer = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    this.#held = NOTHING;
    while (rest.length > 0) {
      const next = this.#inRows ? this.#takeRows(rest) : this.#takeStatement(rest);
      if (next === undefined) return;
      rest = next;
    }
  }

  /** @throws Error when the script ends within rows or a statement. */
  end(): void {
    if (this.#inRows || this.#held.some((code) => !BLANKS.has(code))) throw new Error('it is cut short');
  }

  /** What comes after the rows; undefined when their end is not there yet. */
  #takeRows(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(END_OF_ROWS);
    const upTo = end === -1 ? Math.max(0, bytes.length - END_OF_ROWS.length + 1) : end + 1;
    const from = this.#isVirtual ? 1 : 0;
    if (upTo > from) this.#events.rows(bytes.subarray(from, upTo));
    if (upTo > 0) this.#isVirtual = false;
    if (end === -1) {
      this.#held = Buffer.from(bytes.subarray(upTo));
      return undefined;
    }
    this.#inRows = false;
    this.#events.rowsEnd();
    return bytes.subarray(end + END_OF_ROWS.length);
  }

  /** What comes after one statement or comment; undefined when it is not whole yet. */
  #takeStatement(bytes: Buffer): Buffer | undefined {
    const start = bytes.findIndex((code) => !BLANKS.has(code));
    if (start === -1) return undefined;
    const isLine = isComment(bytes, start) || bytes[start] === CODES.backslash;
    const end = isLine ? bytes.indexOf(CODES.newline, start) : statementEnd(bytes, start);
    if (end === -1) {
      if (bytes.length - start > LONGEST_STATEMENT_BYTES)
        throw new Error(`a statement is longer than ${LONGEST_STATEMENT_BYTES >> 20} MiB`);
      this.#held = Buffer.from(bytes.subarray(start));
      return undefined;
    }
    if (isLine) this.#events.line?.(bytes.subarray(start, end + 1));
    if (isLine || !this.#events.statement(bytes.subarray(start, end + 1))) return bytes.subarray(end + 1);
    const newline = bytes.indexOf(CODES.newline, end);
    if (newline === -1) {
      // Told again with the line break that is still to come.
      this.#held = Buffer.from(bytes.subarray(start));
      return undefined;
    }
    this.#inRows = true;
    this.#isVirtual = true;
    return Buffer.concat([NEWLINE, bytes.subarray(newline + 1)]);
  }
}

function isComment(bytes: Buffer, at: number): boolean {
  return bytes[at] === CODES.dash && bytes[at + 1] === CODES.dash;
}

/** Position of the semicolon that ends a statement; -1 when it is not there yet. */
function statementEnd(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    const code = bytes[at] ?? 0;
    if (code === CODES.semicolon) return at;
    const after = afterQuoted(bytes, at, code);
    if (after === undefined) continue;
    if (after === -1) return -1;
    at = after - 1;
  }
  return -1;
}

/** Where what is quoted from here ends; undefined when nothing is, -1 when its end is not there yet. */
function afterQuoted(bytes: Buffer, at: number, code: number): number | undefined {
  if (code === CODES.singleQuote) return afterString(bytes, at);
  if (code === CODES.doubleQuote) return after(bytes.indexOf(CODES.doubleQuote, at + 1), 1);
  if (code === CODES.slash && bytes[at + 1] === CODES.star) return afterBlockComment(bytes, at);
  if (code === CODES.dash && isComment(bytes, at)) return after(bytes.indexOf(CODES.newline, at), 1);
  if (code !== CODES.dollar) return undefined;
  const tag = /^\$(?:[A-Za-z_\u0080-\u00ff][\w\u0080-\u00ff]*)?\$/.exec(
    bytes.subarray(at, at + 130).toString('latin1'),
  )?.[0];
  if (tag === undefined) return undefined;
  return after(bytes.indexOf(tag, at + tag.length, 'latin1'), tag.length);
}

/** Block comments nest. */
function afterBlockComment(bytes: Buffer, at: number): number {
  let depth = 0;
  for (let i = at; i < bytes.length - 1; i++) {
    const [code, next] = [bytes[i], bytes[i + 1]];
    if (code === CODES.slash && next === CODES.star) depth++;
    else if (code === CODES.star && next === CODES.slash) depth--;
    else continue;
    i++;
    if (depth === 0) return i + 1;
  }
  return -1;
}

/** A string with its backslashes escaped, `E'...'`, or a plain one. A doubled quote is simply the next string. */
function afterString(bytes: Buffer, at: number): number {
  const escapes = bytes[at - 1] === 0x45 || bytes[at - 1] === 0x65;
  if (!escapes) return after(bytes.indexOf(CODES.singleQuote, at + 1), 1);
  for (let i = at + 1; i < bytes.length; i++) {
    if (bytes[i] === CODES.backslash) i++;
    else if (bytes[i] === CODES.singleQuote) return i + 1;
  }
  return -1;
}

function after(position: number, length: number): number {
  return position === -1 ? -1 : position + length;
}
