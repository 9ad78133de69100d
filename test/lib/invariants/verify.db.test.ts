import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Queryable, Sql } from '../../../src/lib/core/database.js';
import { seed } from '../../../src/lib/seed/index.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createSchemaDatabase();
  ({ sql } = database);
  await seed(database);
});
afterAll(async () => {
  await database.drop();
});

async function verify(connection: Queryable): Promise<Readonly<Record<string, number>>> {
  const rows = await connection<{ check_name: string; violations: string }[]>`select * from bk.verify()`;
  return Object.fromEntries(rows.map(({ check_name, violations }) => [check_name, Number(violations)]));
}

/** What a statement breaks when no trigger and no foreign key is in its way; it is rolled back. */
async function brokenBy(statement: string): Promise<readonly string[]> {
  let broken: string[] = [];
  await sql
    .begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`;
      await transaction.unsafe(statement);
      const checks = await verify(transaction);
      broken = Object.keys(checks).filter((name) => checks[name] !== 0);
      throw new Error('rolled back');
    })
    .catch((error: unknown) => {
      if ((error as Error).message !== 'rolled back') throw error;
    });
  return broken;
}

/** The checks that find it, and what breaks the rule. */
const BREAKAGES: readonly (readonly [string, string])[] = [
  [
    'bk.rows_in_default_partition',
    `insert into framework.metric_samples (sampled_at, framework, metric, value) values ('1999-01-01Z', 'meta', 'x', 1)`,
  ],
  ['bk.partition_without_truncate_guard', 'drop trigger a_no_truncate on verification.audit_log_default'],
  ['bk.trigger_disabled', 'alter table consensus.votes disable trigger a_guard'],
  [
    'verification.request_without_framework',
    'delete from verification.request_frameworks where request_id = (select id from verification.requests limit 1)',
  ],
  [
    'verification.completed_without_metrics',
    'delete from verification.request_metrics where request_id = (select request_id from verification.request_metrics limit 1)',
  ],
  [
    'verification.content_hash_mismatch',
    `update verification.requests set content = 'forged'
     where id = (select id from verification.requests where content is not null limit 1)`,
  ],
  [
    'consensus.log_chain_broken',
    `update consensus.state_log set payload = '{"forged": true}' where kind <> 'proposal_decided'`,
  ],
  ['consensus.log_chain_broken', 'update consensus.state_log set term = term + 1 where log_index = 2'],
  [
    // Forged from the middle on with hashes that fit: only the end of the chain gives it away.
    'consensus.log_head_mismatch',
    `do $$
     declare
       entry    consensus.state_log;
       previous bytea;
     begin
       for entry in select * from consensus.state_log order by log_index loop
         if entry.kind <> 'proposal_decided' then
           entry.payload := '{"forged": true}';
         end if;
         previous := coalesce(previous, entry.prev_hash);
         update consensus.state_log
         set payload = entry.payload, prev_hash = previous,
             entry_hash = consensus.entry_hash(previous, log_index, term, kind, proposal_id, entry.payload)
         where log_index = entry.log_index
         returning entry_hash into previous;
       end loop;
     end $$`,
  ],
  [
    'consensus.accepted_without_quorum',
    `delete from consensus.votes where ballot_id =
       (select decided_ballot_id from consensus.proposals where status = 'accepted' limit 1)`,
  ],
  [
    'consensus.vote_after_decision',
    `update consensus.votes v set cast_at = p.decided_at + interval '1 microsecond'
     from consensus.proposals p where p.id = v.proposal_id and p.status = 'accepted'`,
  ],
  [
    'consensus.decided_but_not_logged',
    `update consensus.proposals set status = 'rejected', decided_at = now() where status in ('pending', 'voting')`,
  ],
  [
    'consensus.log_contradicts_proposal',
    `update consensus.proposals set status = 'withdrawn', decided_ballot_id = null where status = 'accepted'`,
  ],
  [
    'consensus.voting_without_electors',
    `delete from consensus.electors e using consensus.proposals p where p.id = e.proposal_id and p.status = 'voting'`,
  ],
  [
    'consensus.ballot_above_last_ballot',
    'update consensus.nodes set last_ballot = last_ballot - 1 where last_ballot > 0',
  ],
  ['consensus.ballot_hash_mismatch', `update consensus.ballots set value = '{"forged": true}'`],
  [
    'consensus.current_ballot_not_newest',
    `with newer as (
       update consensus.nodes set last_ballot = 1000
       where id = (select proposer_id from consensus.proposals where current_ballot_id is not null limit 1)
       returning id)
     insert into consensus.ballots (proposal_id, proposer_id, number, value, value_sha256)
     select p.id, n.id, 1000, '{}', bk.text_sha256('{}')
     from newer n join consensus.proposals p on p.proposer_id = n.id where p.current_ballot_id is not null limit 1`,
  ],
  [
    'framework.head_not_newest_version',
    'update framework.state_heads set current_version = current_version - 1 where current_version > 1',
  ],
  [
    // A state whose head is gone.
    'framework.head_not_newest_version',
    'delete from framework.state_heads',
  ],
  ['framework.config_hash_mismatch', `update framework.configs set data = '{"forged": true}'`],
  ['power_dynamics.balance_not_ledger', 'update power_dynamics.nodes set power = power + 0.000001'],
  [
    'power_dynamics.balance_not_ledger',
    'delete from power_dynamics.ledger where id = (select max(id) from power_dynamics.ledger)',
  ],
  [
    'power_dynamics.coalition_size',
    'update power_dynamics.coalition_members set left_at = clock_timestamp() where left_at is null',
  ],
  [
    'power_dynamics.coalition_size',
    'update power_dynamics.coalitions set dissolved_at = clock_timestamp() where dissolved_at is null',
  ],
  [
    'power_dynamics.hierarchy_cycle',
    `insert into power_dynamics.relations (source_id, target_id, kind)
     select target_id, source_id, kind from power_dynamics.relations
     where kind = 'hierarchical' and dissolved_at is null limit 1`,
  ],
  ['evolution.genome_hash_mismatch', `update evolution.agents set genome = '{"forged": 1}'`],
];

describe('bk.verify()', () => {
  it('finds nothing in the demo database', async () => {
    const checks = await verify(sql);
    expect(Object.keys(checks).length).toBeGreaterThan(0);
    expect(Object.entries(checks).filter(([, violations]) => violations !== 0)).toEqual([]);
  });

  it.each(BREAKAGES)('%s is found after: %s', async (check, statement) => {
    expect(await brokenBy(statement)).toEqual([check]);
  });

  it('has no check that nothing here breaks', async () => {
    expect(Object.keys(await verify(sql)).sort()).toEqual(
      [...new Set(BREAKAGES.map(([check]) => check))].sort(),
    );
  });

  it('takes a database of one domain and those below it, as a partial restore leaves it', async () => {
    const before = Object.keys(await verify(sql));
    await sql
      .begin(async (transaction) => {
        await transaction`drop schema evolution, power_dynamics, framework cascade`;
        const left = Object.keys(await verify(transaction));
        expect(left).toEqual(before.filter((name) => /^(bk|verification|consensus)\./.test(name)));
        throw new Error('rolled back');
      })
      .catch((error: unknown) => {
        if ((error as Error).message !== 'rolled back') throw error;
      });
  });
});
