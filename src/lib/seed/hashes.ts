import { hash } from 'node:crypto';

/** SHA-256 of a text's UTF-8 form, as PostgreSQL reads bytea from JSON. */
export function sha256Bytea(text: string): string {
  return `\\x${hash('sha256', text, 'hex')}`;
}
