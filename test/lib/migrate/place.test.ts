import { describe, expect, it } from 'vitest';
import { parseConcurrentIndex } from '../../../src/lib/migrate/concurrent-index.js';
import { offsetOfCharacter, placeOf, pointAt } from '../../../src/lib/migrate/place.js';
import { splitScript } from '../../../src/lib/migrate/statements.js';

describe('places', () => {
  it('count lines and code points from 1', () => {
    const text = 'select 1;\nselect 😀, x';
    const offset = text.indexOf('x');
    expect(placeOf(text, offset)).toEqual({ line: 2, column: 11 });
    expect(offsetOfCharacter(text, 21)).toBe(offset);
  });

  it('are shown with a caret below', () => {
    expect(pointAt('a\n\tb c\nd', 4)).toBe(' 1 | a\n 2 |  b c\n   |   ^');
  });

  it('are shown in the middle of a very long line', () => {
    const lines = pointAt(`${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`, 5000).split('\n');
    expect(lines[0]?.length).toBeLessThan(120);
    expect(lines[0]?.slice(lines[1]?.indexOf('^')).startsWith('HERE')).toBe(true);
  });
});

describe('parseConcurrentIndex', () => {
  it.each([
    ['create index concurrently a on t (b)', { name: 'a', table: 't', ifNotExists: false }],
    [
      'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "A b" ON only s."T" (c)',
      { name: '"A b"', table: 's."T"', ifNotExists: true },
    ],
    [
      'create index concurrently /* x */ on t using gin (b)',
      { name: undefined, table: 't', ifNotExists: false },
    ],
    ['create index a on t (b)', undefined],
  ])('reads %s', (text, expected) => {
    const [statement] = splitScript(text).statements;
    if (statement === undefined) throw new Error('no statement');
    expect(parseConcurrentIndex(statement)).toEqual(expected);
  });
});
