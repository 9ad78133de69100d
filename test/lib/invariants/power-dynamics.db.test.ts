import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../../src/lib/core/database.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';
import { refused } from './refused.js';
import { formCoalition, insertPowerNode, key, leaveCoalition, relate, transfer } from './rows.js';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createSchemaDatabase();
  ({ sql } = database);
});
afterAll(async () => {
  await database.drop();
});

const balanceOf = async (node: string) => {
  const [row] = await sql<{ power: string }[]>`select power from power_dynamics.nodes where id = ${node}`;
  return row?.power;
};
const total = async () => {
  const [row] = await sql<{ sum: string }[]>`select coalesce(sum(power), 0) as sum from power_dynamics.nodes`;
  return Number(row?.sum);
};
const dissolve = (coalition: string) =>
  sql`update power_dynamics.coalitions set dissolved_at = clock_timestamp() where id = ${coalition}`;

describe('P1: power is never negative and never made by a transfer', () => {
  it('more than the balance is refused, and nothing moves', async () => {
    const [rich, poor] = [await insertPowerNode(sql, 10), await insertPowerNode(sql, 1)];
    const before = await total();
    await refused(transfer(sql, [rich, poor], 10.000001), '23514', 'nodes_power_not_negative');
    await transfer(sql, [rich, poor], 10);
    expect([await balanceOf(rich), await balanceOf(poor)]).toEqual(['0.000000', '11.000000']);
    expect(await total()).toBe(before);
  });

  it('only grant and revoke change the total', async () => {
    const node = await insertPowerNode(sql, 5);
    const before = await total();
    const book = (kind: string, column: string, amount: number) =>
      sql.unsafe(
        `insert into power_dynamics.ledger (entry_key, kind, ${column}, amount)
         values ('${key('entry')}', '${kind}', '${node}', ${amount})`,
      );
    await book('grant', 'to_id', 3);
    await book('revoke', 'from_id', 1);
    expect(await total()).toBe(before + 2);
    await refused(book('revoke', 'from_id', 8), '23514', 'nodes_power_not_negative');
    await refused(book('grant', 'from_id', 1), '23514', 'ledger_entry_shape');
    await refused(book('revoke', 'to_id', 1), '23514', 'ledger_entry_shape');
    await refused(book('transfer', 'from_id', 1), '23514', 'ledger_entry_shape');
    expect(await balanceOf(node)).toBe('7.000000');
  });

  it.each(['0', '-5', `'NaN'`])('an amount of %s is refused', async (amount) => {
    const [from, to] = [await insertPowerNode(sql, 10), await insertPowerNode(sql, 10)];
    const move = sql.unsafe(
      `insert into power_dynamics.ledger (entry_key, kind, from_id, to_id, amount)
       values ('${key('move')}', 'transfer', '${from}', '${to}', ${amount})`,
    );
    // NaN reaches the node first: its balance would be NaN.
    await refused(move, '23514');
    expect(await balanceOf(from)).toBe('10.000000');
  });

  it('an inactive node takes no part, and nobody gives to himself', async () => {
    const [node, other] = [await insertPowerNode(sql, 10), await insertPowerNode(sql, 10)];
    await refused(transfer(sql, [node, node], 1), '23514', 'ledger_entry_shape');
    await sql`update power_dynamics.nodes set is_active = false where id = ${other}`;
    await refused(transfer(sql, [node, other], 1), 'ZB008', 'a_apply');
    await refused(transfer(sql, [other, node], 1), 'ZB008', 'a_apply');
  });
});

describe('P2: balances are the ledger', () => {
  it('nobody edits power, at birth or later', async () => {
    const node = await insertPowerNode(sql, 1);
    await refused(
      sql`update power_dynamics.nodes set power = power + 1 where id = ${node}`,
      'ZB007',
      'a_ledger_only',
    );
    await refused(
      sql`insert into power_dynamics.nodes (node_key, kind, power) values (${key('power')}, 'agent', 5)`,
      'ZB007',
      'a_no_initial_power',
    );
    await sql`update power_dynamics.nodes set influence_score = 0.9 where id = ${node}`;
  });

  it('an entry stays as it was written', async () => {
    await insertPowerNode(sql, 1);
    await refused(sql`update power_dynamics.ledger set amount = 100`, 'ZB002', 'a_append_only');
    await refused(sql`delete from power_dynamics.ledger`, 'ZB002', 'a_append_only');
    await refused(sql`truncate power_dynamics.ledger`, 'ZB002', 'a_no_truncate');
  });

  it('a node with entries stays', async () => {
    const [node, fresh] = [await insertPowerNode(sql, 1), await insertPowerNode(sql)];
    await refused(sql`delete from power_dynamics.nodes where id = ${node}`, '23503', 'ledger_to_id_fkey');
    await sql`delete from power_dynamics.nodes where id = ${fresh}`;
  });

  it('a retried transfer applies once, and a key is not used for another one', async () => {
    const [from, to] = [await insertPowerNode(sql, 10), await insertPowerNode(sql)];
    const entryKey = key('once');
    await transfer(sql, [from, to], 4, entryKey);
    await expect(transfer(sql, [from, to], 4, entryKey)).resolves.toMatchObject({ count: 0 });
    expect([await balanceOf(from), await balanceOf(to)]).toEqual(['6.000000', '4.000000']);
    await refused(transfer(sql, [from, to], 5, entryKey), '23505', 'ledger_entry_key_key');
    await refused(transfer(sql, [to, from], 4, entryKey), '23505', 'ledger_entry_key_key');
    expect(await balanceOf(from)).toBe('6.000000');
  });

  it('balances after the entry are recorded, whatever was written', async () => {
    const [from, to] = [await insertPowerNode(sql, 10), await insertPowerNode(sql)];
    const [entry] = await sql`
      insert into power_dynamics.ledger (entry_key, kind, from_id, to_id, amount, from_balance, to_balance)
      values (${key('move')}, 'transfer', ${from}, ${to}, 4, 999, 999) returning from_balance, to_balance`;
    expect(entry).toEqual({ from_balance: '6.000000', to_balance: '4.000000' });
  });
});

describe('P4: relations', () => {
  it('one live relation for each pair and kind', async () => {
    const [a, b] = [await insertPowerNode(sql), await insertPowerNode(sql)];
    const first = await relate(sql, a, b, 'influence');
    await relate(sql, b, a, 'influence');
    await relate(sql, a, b, 'dependency');
    await refused(relate(sql, a, b, 'influence'), '23505', 'relations_live_key');
    await sql`update power_dynamics.relations set dissolved_at = clock_timestamp() where id = ${first}`;
    await relate(sql, a, b, 'influence');
    await refused(
      sql`update power_dynamics.relations set dissolved_at = null where id = ${first}`,
      '23505',
      'relations_live_key',
    );
  });

  it('none with oneself', async () => {
    const node = await insertPowerNode(sql);
    await refused(relate(sql, node, node, 'influence'), '23514', 'relations_to_another');
  });

  it.each(['collaborative', 'competitive'])(
    'a %s one is stored once, and read from both ends',
    async (kind) => {
      const [low = '', high = ''] = [await insertPowerNode(sql), await insertPowerNode(sql)].sort();
      await refused(relate(sql, high, low, kind), '23514', 'relations_symmetric_once');
      await relate(sql, low, high, kind);
      const edges = await sql<{ a: string; b: string }[]>`
      select a, b from power_dynamics.live_edges where a in (${low}, ${high})`;
      expect(edges).toHaveLength(2);
      expect(edges).toEqual(
        expect.arrayContaining([
          { a: low, b: high },
          { a: high, b: low },
        ]),
      );
    },
  );
});

describe('P5: the size of a coalition', () => {
  it('one that is formed too small is refused at its commit', async () => {
    await formCoalition(sql, 2);
    await refused(formCoalition(sql, 1), 'ZB006', 'coalition_size');
  });

  it('members leave until min_members are left', async () => {
    const { id, members } = await formCoalition(sql, 3);
    await leaveCoalition(sql, id, members[0]);
    await refused(leaveCoalition(sql, id, members[1]), 'ZB006', 'coalition_size');
    await refused(
      sql`delete from power_dynamics.coalition_members where coalition_id = ${id} and node_id = ${members[1] ?? ''}`,
      'ZB006',
      'coalition_size',
    );
    await refused(
      sql`update power_dynamics.coalitions set min_members = 3 where id = ${id}`,
      'ZB006',
      'coalition_size',
    );
  });

  it('a member does not slip into another coalition past the guard', async () => {
    const [one, other] = [await formCoalition(sql, 2), await formCoalition(sql, 2)];
    await refused(
      sql`
        update power_dynamics.coalition_members set coalition_id = ${other.id}
        where coalition_id = ${one.id} and node_id = ${one.members[0] ?? ''}`,
      'ZB006',
      'coalition_size',
    );
  });

  it('a dissolved one has nobody, and nobody joins it', async () => {
    const { id, members } = await formCoalition(sql, 2);
    await refused(dissolve(id), 'ZB006', 'coalition_size');
    await sql.begin(async (transaction) => {
      for (const member of members) await leaveCoalition(transaction, id, member);
      await transaction`update power_dynamics.coalitions set dissolved_at = clock_timestamp() where id = ${id}`;
    });
    await refused(
      sql`insert into power_dynamics.coalition_members (coalition_id, node_id) values (${id}, ${members[0] ?? ''})`,
      'ZB006',
      'coalition_size',
    );
  });

  it('somebody is a member once at a time, and may return', async () => {
    const { id, members } = await formCoalition(sql, 3);
    const join = () =>
      sql`insert into power_dynamics.coalition_members (coalition_id, node_id) values (${id}, ${members[0] ?? ''})`;
    await refused(join(), '23505', 'coalition_members_live_key');
    await leaveCoalition(sql, id, members[0]);
    await join();
  });

  it('fewer than two are no coalition', async () => {
    const { id } = await formCoalition(sql, 2);
    await refused(
      sql`update power_dynamics.coalitions set min_members = 1 where id = ${id}`,
      '23514',
      'coalitions_min_members_range',
    );
  });
});

describe('P6: the hierarchy has no cycle', () => {
  it('neither by insert, nor by turning, nor by reviving a relation', async () => {
    const nodes = [await insertPowerNode(sql), await insertPowerNode(sql), await insertPowerNode(sql)];
    const [a = '', b = '', c = ''] = nodes;
    await relate(sql, a, b);
    const middle = await relate(sql, b, c);
    await refused(relate(sql, c, a), 'ZB009', 'a_acyclic');
    await refused(relate(sql, b, a), 'ZB009', 'a_acyclic');

    const influence = await relate(sql, c, a, 'influence');
    await refused(
      sql`update power_dynamics.relations set kind = 'hierarchical' where id = ${influence}`,
      'ZB009',
      'a_acyclic_update',
    );

    await sql`update power_dynamics.relations set dissolved_at = clock_timestamp() where id = ${middle}`;
    const closing = await relate(sql, c, a);
    await refused(
      sql`update power_dynamics.relations set dissolved_at = null where id = ${middle}`,
      'ZB009',
      'a_acyclic_update',
    );
    await refused(
      sql`update power_dynamics.relations set source_id = ${b}, target_id = ${a} where id = ${closing}`,
      'ZB009',
      'a_acyclic_update',
    );
  });

  it('two ways down are no cycle', async () => {
    const nodes = await Promise.all([1, 2, 3, 4].map(() => insertPowerNode(sql)));
    const [top = '', left = '', right = '', bottom = ''] = nodes;
    for (const [above, below] of [
      [top, left],
      [top, right],
      [left, bottom],
      [right, bottom],
      [top, bottom],
    ] as const)
      await relate(sql, above, below);
  });
});

describe('P7: a conflict is resolved at most once', () => {
  it('a second resolution, and one of nothing, are refused', async () => {
    const [conflict] = await sql<{ id: string }[]>`
      insert into power_dynamics.events (kind) values ('conflict_started') returning id`;
    const id = conflict?.id ?? '';
    const resolve = () =>
      sql`insert into power_dynamics.events (kind, resolves_id) values ('conflict_resolved', ${id})`;
    await resolve();
    await refused(resolve(), '23505', 'events_resolves_id_key');
    await refused(
      sql`insert into power_dynamics.events (kind) values ('conflict_resolved')`,
      '23514',
      'events_resolution_shape',
    );
    await refused(
      sql`insert into power_dynamics.events (kind, resolves_id) values ('influence_change', ${id})`,
      '23514',
      'events_resolution_shape',
    );
  });
});
