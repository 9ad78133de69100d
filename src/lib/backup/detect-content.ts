import type { Layer } from './data-file.js';

/** What a file holds once nothing is wrapped around it. */
export type ContentKind = 'custom' | 'tar' | 'plain' | 'cluster' | 'zip' | 'unknown';

const MAGIC: readonly (readonly [Layer, Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['lz4', Buffer.from([0x04, 0x22, 0x4d, 0x18])],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ['age', Buffer.from('age-encryption.org/')],
  ['age', Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----')],
];
const TAR_MAGIC_AT = 257;

/** What is wrapped around a file's content, by its first bytes; a name proves nothing. */
export function detectLayer(head: Buffer): Layer | undefined {
  return MAGIC.find(([, magic]) => head.subarray(0, magic.length).equals(magic))?.[0];
}

/** What a file holds, by its first bytes. */
export function detectContent(head: Buffer): ContentKind {
  if (head.subarray(0, 5).toString('latin1') === 'PGDMP') return 'custom';
  if (head.subarray(TAR_MAGIC_AT, TAR_MAGIC_AT + 5).toString('latin1') === 'ustar') return 'tar';
  if (head.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'))) return 'zip';
  const text = head.subarray(0, 4096).toString('latin1');
  if (text.includes('-- PostgreSQL database cluster dump')) return 'cluster';
  if (/^-- PostgreSQL database dump\r?$/m.test(text)) return 'plain';
  return 'unknown';
}
