import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ArchivedCopyDigest } from '../../../src/lib/backup/copy-digest.js';

const END = '\\.\n\n\n';

function digestOf(text: string, chunkSize: number) {
  const digest = new ArchivedCopyDigest();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkSize) digest.update(bytes.subarray(at, at + chunkSize));
  return digest.result();
}

describe('ArchivedCopyDigest', () => {
  const rows = '1\tone\n2\ttwo\n\\N\t\\\\.\n';

  it.each([1, 2, 3, 5, 7, 1000])('does not depend on how the data is cut (pieces of %i)', (size) => {
    expect(digestOf(rows + END, size)).toEqual({
      rows: 3,
      copyBytes: rows.length,
      sha256: createHash('sha256').update(rows).digest('hex'),
    });
  });

  it('counts no rows in an empty table', () => {
    expect(digestOf(END, 4).rows).toBe(0);
  });

  it.each([
    ['nothing at all', ''],
    ['the marker cut', rows + END.slice(0, -1)],
    ['the marker absent', rows],
    ['a row without its end', `1\tone${END}`],
  ])('refuses %s', (_, text) => {
    expect(() => digestOf(text, 4)).toThrow(/cut short/);
  });
});
