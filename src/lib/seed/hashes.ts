import { hash } from 'node:crypto';

/** SHA-256 of a text's UTF-8 form, as PostgreSQL reads bytea from JSON. */
export function sha256Bytea(text: string): string {
  return `\\x${hash('sha256', text, 'hex')}`;
}

/** SHA-256 over bytea values, one after the other; all as PostgreSQL reads them from JSON. */
export function sha256Bytes(values: readonly string[]): string {
  const bytes = Buffer.concat(values.map((value) => Buffer.from(value.slice(2), 'hex')));
  return `\\x${hash('sha256', bytes, 'hex')}`;
}
