import type { Dialect } from './types.js';

/** A field: its text, null for the null marker outside quotes. */
export type Field = string | null;

/**
 * The fields of one proper record, as the scanner gives it. Not csv-parse, whose start for each record costs more than all
 * the rest of an import; the tests hold the two against each other.
 * @param marker what stands for null outside quotes; without it every field is a text.
 */
export function recordFields(record: string, dialect: Dialect, marker?: string): Field[] {
  const { delimiter, quote } = dialect;
  const text = record.replace(/\r?\n$|\r$/, '');
  const plain = (value: string): Field => (value === marker ? null : value);
  if (!text.includes(quote)) return text.split(delimiter).map(plain);
  const fields: Field[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === quote) {
      const { value, end } = quotedField(text, at + 1, dialect);
      fields.push(value);
      at = end;
    } else {
      const end = text.indexOf(delimiter, at);
      fields.push(plain(text.slice(at, end === -1 ? undefined : end)));
      at = end === -1 ? text.length : end;
    }
    if (at >= text.length) return fields;
    at++;
  }
}

/** The value from behind its opening quote, and the place behind its closing one. */
function quotedField(text: string, start: number, { quote, escape }: Dialect) {
  let value = '';
  let from = start;
  for (let at = start; at < text.length; at++) {
    const mark = text[at];
    const next = text[at + 1];
    if (mark === escape && (next === quote || (escape !== quote && next === escape))) {
      value += text.slice(from, at) + next;
      from = at + 2;
      at++;
    } else if (mark === quote) return { value: value + text.slice(from, at), end: at + 1 };
  }
  return { value: value + text.slice(from), end: text.length };
}
