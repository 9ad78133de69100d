import { expect, it } from 'vitest';
import { spaceProblem } from '../../../src/lib/restore/server-space.js';
import { filledDatabase } from '../../support/backup-store.js';

const PEBIBYTE = 2 ** 50;

it('finds out that a server on this machine has no room, by what is the less of rows and source', async () => {
  const { sql } = await filledDatabase('select 1');
  const problem = (copyBytes: number | null, databaseBytes: number | null) =>
    spaceProblem(sql, { totals: { copyBytes }, databaseBytes });
  expect(await problem(PEBIBYTE, null)).toMatch(
    /^space: .* are free where .*, and the rows alone fill 1.0 PiB$/,
  );
  expect(await problem(PEBIBYTE, 2 * PEBIBYTE)).toContain('space: ');
  expect(await problem(PEBIBYTE, 1000)).toBeUndefined();
  expect(await problem(1000, PEBIBYTE)).toBeUndefined();
  expect(await problem(null, PEBIBYTE)).toBeUndefined();
});

it('asks nobody who may not know where the server keeps its files', async () => {
  const { sql } = await filledDatabase('select 1');
  await sql.begin(async (transaction) => {
    await transaction`set local role pg_read_all_data`;
    expect(await spaceProblem(transaction, { totals: { copyBytes: PEBIBYTE } })).toBeUndefined();
  });
});
