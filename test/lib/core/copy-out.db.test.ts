import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../src/lib/core/database.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  await database.sql`create table wide as select i, repeat('x', 1000) as filler from generate_series(1, 400) i`;
});

afterAll(async () => {
  await database.drop();
});

/** postgres.js pauses the socket when its stream is full and forgets it when the COPY ends in that very moment. */
it('a connection works on after a COPY that filled its stream', async () => {
  const client = await openDatabase(database.target, { pool: { max: 1 } });
  try {
    for (let round = 0; round < 5; round++) {
      let bytes = 0;
      for await (const chunk of await client.sql.unsafe('copy wide to stdout').readable()) {
        bytes += (chunk as Buffer).length;
      }
      expect(bytes).toBeGreaterThan(400_000);
      for await (const chunk of await client.sql.unsafe('copy (select where false) to stdout').readable()) {
        expect(chunk).toBeUndefined();
      }
      const [row] = await client.sql<{ rows: number }[]>`select count(*)::int as rows from wide`;
      expect(row?.rows).toBe(400);
    }
  } finally {
    await client.close();
  }
});
