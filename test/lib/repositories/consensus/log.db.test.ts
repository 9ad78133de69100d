import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ConsensusRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';
import { violations } from './network.js';

let database: TestDatabase;
let repository: ConsensusRepository;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 12 });
  repository = new ConsensusRepository(database.sql);
});
afterAll(async () => {
  await database.drop();
});

/** What someone with the rights of the owner can do. */
async function asOwner(table: string, statement: string): Promise<void> {
  const { sql } = database;
  await sql.begin(async (transaction) => {
    await transaction.unsafe(`alter table ${table} disable trigger user`);
    await transaction.unsafe(statement);
    await transaction.unsafe(`alter table ${table} enable trigger user`);
  });
}

describe('the state log', () => {
  beforeEach(async () => {
    await asOwner('consensus.state_log', 'delete from consensus.state_log');
    await asOwner(
      'consensus.log_head',
      `update consensus.log_head set last_index = 0, last_hash = decode(repeat('00', 32), 'hex')`,
    );
    for (let n = 1; n <= 6; n++)
      await repository.appendState({ kind: n % 2 === 0 ? 'snapshot' : 'config_changed', payload: { n } });
  });

  test('is read in the order of the chain', async () => {
    expect((await repository.getLog(2n, 3)).map(({ logIndex }) => logIndex)).toEqual(['3', '4', '5']);
    expect(await repository.latestState()).toMatchObject({ logIndex: '6', kind: 'snapshot', term: '0' });
    expect(await repository.latestState('config_changed')).toMatchObject({ logIndex: '5' });
    expect(await repository.latestState('trust_updated')).toBeUndefined();
    await expect(repository.getLog(0n, 0)).rejects.toMatchObject({ kind: 'BadValue' });
    expect(await repository.verifyLog()).toEqual({ ok: true, entries: 6 });
    expect(await repository.verifyLog({ from: 3n, to: 5n })).toEqual({ ok: true, entries: 3 });
  });

  test('keeps who recorded an entry', async () => {
    await repository.transaction((inner) => inner.appendState({ kind: 'snapshot', payload: {}, term: '4' }), {
      actor: 'ann',
    });
    expect(await repository.latestState()).toMatchObject({ recordedBy: 'ann', term: '4' });
  });

  test('40 appends at once make one chain without gaps', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => repository.appendState({ kind: 'trust_updated', payload: { n } })),
    );
    const entries = await repository.getLog(0n);
    expect(entries.map(({ logIndex }) => logIndex)).toEqual(
      Array.from({ length: 46 }, (_, n) => String(n + 1)),
    );
    expect(await repository.verifyLog()).toEqual({ ok: true, entries: 46 });
  });

  test('an append that is rolled back leaves no gap', async () => {
    await expect(
      repository.transaction(async (inner) => {
        await inner.appendState({ kind: 'snapshot', payload: { lost: true } });
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await repository.appendState({ kind: 'snapshot', payload: {} })).toMatchObject({ logIndex: '7' });
    expect(await repository.verifyLog()).toMatchObject({ ok: true });
  });

  test.each([
    ["update consensus.state_log set payload = '{}' where log_index = 2", 'ZB002'],
    ['delete from consensus.state_log where log_index = 6', 'ZB002'],
    ['truncate consensus.state_log', 'ZB002'],
    ['update consensus.log_head set last_index = 0', 'ZB002'],
    ['delete from consensus.log_head', 'ZB002'],
    ['insert into consensus.log_head default values', '23505'],
    [
      `insert into consensus.state_log (kind, proposal_id, payload) values ('proposal_decided', gen_random_uuid(), '{}')`,
      'ZB001',
    ],
  ])('%s is refused', async (statement, code) => {
    await expect(database.sql.unsafe(statement)).rejects.toMatchObject({ code });
    expect(await repository.verifyLog()).toEqual({ ok: true, entries: 6 });
  });

  test('the place of an entry is not the writer’s to choose', async () => {
    await database.sql`insert into consensus.state_log (log_index, kind, payload, prev_hash, entry_hash)
      values (99, 'snapshot', '{}', sha256(''), sha256(''))`;
    expect(await repository.latestState()).toMatchObject({ logIndex: '7' });
    expect(await repository.verifyLog()).toEqual({ ok: true, entries: 7 });
  });

  test.each([
    ['a changed payload', `update consensus.state_log set payload = '{"n": 0}' where log_index = 4`, '4', 6],
    ['a changed kind', `update consensus.state_log set kind = 'snapshot' where log_index = 3`, '3', 6],
    ['a removed entry', 'delete from consensus.state_log where log_index = 3', '4', 5],
    ['a removed beginning', 'delete from consensus.state_log where log_index = 1', '2', 5],
    ['a removed end', 'delete from consensus.state_log where log_index >= 5', '5', 4],
  ])('%s is found', async (_, statement, firstBadIndex, entries) => {
    await asOwner('consensus.state_log', statement);
    expect(await repository.verifyLog()).toEqual({ ok: false, firstBadIndex, entries });
    expect(await violations(database.sql)).not.toEqual([]);
  });

  test('a payload that was changed together with its hash breaks the chain at the next entry', async () => {
    await asOwner(
      'consensus.state_log',
      `update consensus.state_log l set payload = '{"n": 0}',
         entry_hash = consensus.entry_hash(prev_hash, log_index, term, kind, proposal_id, '{"n": 0}')
       where log_index = 4`,
    );
    expect(await repository.verifyLog()).toMatchObject({ ok: false, firstBadIndex: '5' });
    expect(await repository.verifyLog({ to: 3n })).toEqual({ ok: true, entries: 3 });
    expect(await repository.verifyLog({ from: 6n })).toEqual({ ok: true, entries: 1 });
  });

  test('a last entry that was changed together with its hash does not meet the head', async () => {
    await asOwner(
      'consensus.state_log',
      `update consensus.state_log l set payload = '{"n": 0}',
         entry_hash = consensus.entry_hash(prev_hash, log_index, term, kind, proposal_id, '{"n": 0}')
       where log_index = 6`,
    );
    expect(await repository.verifyLog()).toMatchObject({ ok: false, firstBadIndex: '6' });
  });

  test('an empty log is sound, an empty log whose head stands elsewhere is not', async () => {
    await asOwner('consensus.state_log', 'delete from consensus.state_log');
    expect(await repository.verifyLog()).toEqual({ ok: false, entries: 0, firstBadIndex: '1' });
    await asOwner('consensus.log_head', 'update consensus.log_head set last_index = 0');
    expect(await repository.verifyLog()).toEqual({ ok: true, entries: 0 });
  });
});
