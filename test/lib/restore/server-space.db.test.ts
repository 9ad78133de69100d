import { expect, it } from 'vitest';
import { spaceProblems } from '../../../src/lib/restore/server-space.js';
import { filledDatabase } from '../../support/backup-store.js';

const PEBIBYTE = 2 ** 50;

it('finds out that a server on this machine has no room, by what is the less of rows and source', async () => {
  const { sql } = await filledDatabase('select 1');
  const problem = async (copyBytes: number | null, databaseBytes: number | null) => {
    const problems = await spaceProblems(sql, { totals: { copyBytes }, databaseBytes });
    return problems.map(({ missing }) => missing).join('');
  };
  expect(await problem(PEBIBYTE, null)).toMatch(
    /^space: .* are free where .*, and the rows alone fill 1.0 PiB$/,
  );
  expect(await problem(PEBIBYTE, 2 * PEBIBYTE)).toContain('space: ');
  expect(await problem(PEBIBYTE, 1000)).toBe('');
  expect(await problem(1000, PEBIBYTE)).toBe('');
  expect(await problem(null, PEBIBYTE)).toBe('');
});

it('asks nobody who may not know where the server keeps its files', async () => {
  const { sql } = await filledDatabase('select 1');
  await sql.begin(async (transaction) => {
    await transaction`set local role pg_read_all_data`;
    expect(await spaceProblems(transaction, { totals: { copyBytes: PEBIBYTE } })).toEqual([]);
  });
});
