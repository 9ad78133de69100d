import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Queryable, Sql } from '../../../src/lib/core/database.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';
import { atOnce, behind, commitAtOnce, tally } from './sessions.js';
import * as rows from './rows.js';

const SESSIONS = 8;

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  // One more, to look at the others.
  database = await createSchemaDatabase({ poolSize: SESSIONS + 1 });
  ({ sql } = database);
});
afterAll(async () => {
  const broken = await sql`select * from bk.verify() where violations > 0`;
  await database.drop();
  expect(broken).toEqual([]);
});

const many = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('claims', () => {
  it('give each request to one worker, and reach them all', async () => {
    for (let round = 0; round < 60; round++) await rows.insertRequest(sql);
    const claims = await atOnce(sql, SESSIONS, async (connection, worker) => {
      const ids: string[] = [];
      for (;;) {
        const claimed = await connection<{ id: string }[]>`
          with next as (
            select r.id from verification.requests r
            where r.status = 'pending' and r.deadline_at > clock_timestamp()
            order by r.priority, r.created_at, r.id limit 3 for update skip locked)
          update verification.requests r
          set status = 'in_progress', claim_token = ${randomUUID()}, claimed_by = ${`w${worker}`}, attempts = r.attempts + 1,
              claim_expires_at = clock_timestamp() + interval '1 minute'
          from next where r.id = next.id returning r.id`;
        if (claimed.length === 0) return ids;
        ids.push(...claimed.map(({ id }) => id));
      }
    });
    const ids = claims.flatMap((claim) => (claim.status === 'fulfilled' ? claim.value : []));
    expect(tally(claims)).toEqual({ done: SESSIONS, codes: [] });
    expect(new Set(ids).size).toBe(60);
    expect(ids).toHaveLength(60);
    const [row] = await sql`select max(attempts) as attempts from verification.requests`;
    expect(row).toEqual({ attempts: 1 });
  });

  it('a result and the end of its request wait for each other', async () => {
    const id = await rows.insertRequest(sql);
    await rows.setRequestStatus(sql, id, 'in_progress');
    const late = await behind(
      sql,
      (connection) => rows.setRequestStatus(connection, id, 'failed'),
      (connection) => rows.insertResult(connection, id),
    );
    expect(late).toMatchObject({ code: 'ZB011' });
  });

  it('a framework that is added and a claim wait for each other', async () => {
    const id = await rows.insertRequest(sql);
    const late = await behind(
      sql,
      (connection) => rows.setRequestStatus(connection, id, 'in_progress'),
      (connection) =>
        connection`insert into verification.request_frameworks (request_id, framework) values (${id}, 'meta')`,
    );
    expect(late).toMatchObject({ code: 'ZB011' });
  });

  it('the last two frameworks cannot both be removed', async () => {
    const id = await rows.insertRequest(sql, ['empirical', 'meta']);
    const remove = (framework: string) => (connection: Queryable) =>
      connection`delete from verification.request_frameworks where request_id = ${id} and framework = ${framework}`;
    expect(await behind(sql, remove('empirical'), remove('meta'))).toMatchObject({ code: 'ZB010' });
  });
});

describe('votes against the decision', () => {
  it('a vote that comes while the decision commits is refused', async () => {
    const { id, ballot, nodes } = await rows.openProposal(sql, 4);
    for (const node of nodes.slice(0, 3)) await rows.castVote(sql, { proposal: id, ballot, node });
    const late = await behind(
      sql,
      (connection) => rows.decide(connection, id),
      (connection) => rows.castVote(connection, { proposal: id, ballot, node: nodes[3] }),
    );
    expect(late).toMatchObject({ code: 'ZB003' });
  });

  it('a decision that comes while a vote commits counts it', async () => {
    const { id, ballot, nodes } = await rows.openProposal(sql, 3);
    await rows.castVote(sql, { proposal: id, ballot, node: nodes[0] });
    const late = await behind(
      sql,
      (connection) => rows.castVote(connection, { proposal: id, ballot, node: nodes[1] }),
      (connection) => rows.decide(connection, id),
    );
    expect(late).toBeUndefined();
  });

  it('a vote that comes while its ballot is superseded is refused', async () => {
    const { id, ballot, nodes } = await rows.openProposal(sql);
    const late = await behind(
      sql,
      async (connection) => {
        const next = await rows.insertBallot(connection, id, nodes[0] ?? '');
        await connection`update consensus.proposals set current_ballot_id = ${next} where id = ${id}`;
      },
      (connection) => rows.castVote(connection, { proposal: id, ballot, node: nodes[1] }),
    );
    expect(late).toMatchObject({ code: 'ZB004' });
    await rows.decide(sql, id, 'withdrawn');
  });

  it('a crowd of voters and two who decide: one decision, logged once, after every vote', async () => {
    for (let round = 0; round < 6; round++) {
      const { id, ballot, nodes } = await rows.openProposal(sql, 8);
      for (const node of nodes.slice(0, 2)) await rows.castVote(sql, { proposal: id, ballot, node });
      const results = await atOnce(sql, SESSIONS, async (connection, index) => {
        if (index < 6) return rows.castVote(connection, { proposal: id, ballot, node: nodes[index + 2] });
        while ((await rows.decide(connection, id).catch(refusalOf)) === 'ZB012');
        return undefined;
      });
      expect(tally(results).codes.filter((code) => code !== 'ZB003')).toEqual([]);
      const [row] = await sql`
        select p.status::text, count(v.*) filter (where v.cast_at > p.decided_at)::int as late,
               (select count(*)::int from consensus.state_log l where l.proposal_id = p.id) as logged
        from consensus.proposals p join consensus.votes v on v.proposal_id = p.id where p.id = ${id} group by p.id`;
      expect(row).toEqual({ status: 'accepted', late: 0, logged: 1 });
    }
  });

  it('an elector who is added while voting opens is refused', async () => {
    const [node, other] = [await rows.insertNode(sql), await rows.insertNode(sql)];
    const proposal = await rows.insertProposal(sql, node);
    await sql`insert into consensus.electors (proposal_id, node_id) values (${proposal}, ${node})`;
    const ballot = await rows.insertBallot(sql, proposal, node);
    const late = await behind(
      sql,
      (connection) =>
        connection`update consensus.proposals set status = 'voting', current_ballot_id = ${ballot} where id = ${proposal}`,
      (connection) =>
        connection`insert into consensus.electors (proposal_id, node_id) values (${proposal}, ${other})`,
    );
    expect(late).toMatchObject({ code: 'ZB005' });
  });

  it('of ballots with the same number one is opened', async () => {
    const nodes = await Promise.all(many(SESSIONS).map(() => rows.insertNode(sql)));
    const proposal = await rows.insertProposal(sql, nodes[0] ?? '');
    const results = await atOnce(sql, SESSIONS, (connection, index) =>
      rows.insertBallot(connection, proposal, nodes[index] ?? ''),
    );
    expect(tally(results)).toEqual({ done: 1, codes: many(SESSIONS - 1).map(() => 'ZB004') });
  });
});

describe('the log', () => {
  it('takes appends of many sessions as one chain without gaps', async () => {
    const [before] = await sql<{ last: number }[]>`select last_index::int as last from consensus.log_head`;
    const results = await atOnce(sql, SESSIONS, async (connection) => {
      for (const entry of many(10))
        await connection`insert into consensus.state_log (kind, payload) values ('snapshot', ${sql.json({ entry })})`;
    });
    expect(tally(results)).toEqual({ done: SESSIONS, codes: [] });
    const [row] = await sql`
      select count(*)::int as entries, max(log_index)::int as last from consensus.state_log`;
    const last = (before?.last ?? 0) + SESSIONS * 10;
    expect(row).toEqual({ entries: last, last });
    expect(
      await sql`select violations::int from consensus.verify() where check_name = 'consensus.log_chain_broken'`,
    ).toEqual([{ violations: 0 }]);
  });
});

describe('power', () => {
  it('opposite transfers neither deadlock nor lose anything', async () => {
    const [a, b] = [await rows.insertPowerNode(sql, 100), await rows.insertPowerNode(sql, 100)];
    const results = await atOnce(sql, SESSIONS, async (connection, index) => {
      for (let round = 0; round < 15; round++)
        await (index % 2 === 0 ? rows.transfer(connection, [a, b], 1) : rows.transfer(connection, [b, a], 1));
    });
    expect(tally(results)).toEqual({ done: SESSIONS, codes: [] });
    expect(await sql`select power from power_dynamics.nodes where id in (${a}, ${b})`).toEqual(
      many(2).map(() => ({ power: '100.000000' })),
    );
  });

  it('a balance is spent once', async () => {
    const [from, to] = [await rows.insertPowerNode(sql, 50), await rows.insertPowerNode(sql)];
    const results = await atOnce(sql, SESSIONS, (connection) => rows.transfer(connection, [from, to], 10));
    expect(tally(results)).toEqual({ done: 5, codes: many(SESSIONS - 5).map(() => '23514') });
  });

  it('the same entry sent by many sessions is applied once', async () => {
    const [from, to] = [await rows.insertPowerNode(sql, 50), await rows.insertPowerNode(sql)];
    const results = await atOnce(sql, SESSIONS, (connection) =>
      rows.transfer(connection, [from, to], 10, 'same-entry'),
    );
    expect(tally(results)).toEqual({ done: SESSIONS, codes: [] });
    expect(await sql`select power from power_dynamics.nodes where id = ${to}`).toEqual([
      { power: '10.000000' },
    ]);
  });
});

describe('coalitions', () => {
  it('of members who leave at once only so many can that enough remain', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, members } = await rows.formCoalition(sql, 3);
      const results = await commitAtOnce(
        sql,
        members.map((member) => (connection) => rows.leaveCoalition(connection, id, member)),
      );
      expect(tally(results)).toEqual({ done: 1, codes: ['ZB006', 'ZB006'] });
    }
  });

  it('nobody joins while it is dissolved', async () => {
    const { id, members } = await rows.formCoalition(sql, 2);
    const node = await rows.insertPowerNode(sql);
    const results = await commitAtOnce(sql, [
      async (connection) => {
        for (const member of members) await rows.leaveCoalition(connection, id, member);
        await connection`update power_dynamics.coalitions set dissolved_at = clock_timestamp() where id = ${id}`;
      },
      (connection) =>
        connection`insert into power_dynamics.coalition_members (coalition_id, node_id) values (${id}, ${node})`,
    ]);
    expect(tally(results).codes).toEqual(['ZB006']);
  });
});

describe('the hierarchy', () => {
  it('a second edge that would close a cycle waits for the first, and is refused', async () => {
    const [a, b, c] = [
      await rows.insertPowerNode(sql),
      await rows.insertPowerNode(sql),
      await rows.insertPowerNode(sql),
    ];
    await rows.relate(sql, a, b);
    const late = await behind(
      sql,
      (connection) => rows.relate(connection, b, c),
      (connection) => rows.relate(connection, c, a),
    );
    expect(late).toMatchObject({ code: 'ZB009' });
  });

  it('a ring drawn at once misses an edge', async () => {
    const nodes = await Promise.all(many(SESSIONS).map(() => rows.insertPowerNode(sql)));
    const results = await atOnce(sql, SESSIONS, (connection, index) =>
      rows.relate(connection, nodes[index] ?? '', nodes[(index + 1) % SESSIONS] ?? ''),
    );
    expect(tally(results)).toEqual({ done: SESSIONS - 1, codes: ['ZB009'] });
  });
});

describe('framework', () => {
  it('of configurations activated at once one is active', async () => {
    const drafts: string[] = [];
    for (let round = 0; round < SESSIONS; round++) drafts.push(await rows.insertConfig(sql, 'race'));
    const results = await atOnce(sql, SESSIONS, (connection, index) =>
      rows.activateConfig(connection, drafts[index] ?? ''),
    );
    expect(tally(results)).toEqual({ done: 1, codes: many(SESSIONS - 1).map(() => '23505') });
  });

  it('versions saved at once are 1, 2, 3 ..', async () => {
    const results = await atOnce(sql, SESSIONS, async (connection) => {
      const versions: number[] = [];
      for (let round = 0; round < 5; round++) versions.push(await rows.saveState(connection, 'raced'));
      return versions;
    });
    const versions = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    expect(versions.sort((a, b) => a - b)).toEqual(many(SESSIONS * 5).map((index) => index + 1));
  });
});

describe('generations', () => {
  it('started at once, one runs', async () => {
    const experiment = await rows.insertExperiment(sql);
    const results = await atOnce(sql, SESSIONS, (connection) =>
      rows.insertGeneration(connection, experiment, 0, 'running'),
    );
    expect(tally(results)).toEqual({ done: 1, codes: many(SESSIONS - 1).map(() => '23505') });

    const next = await rows.insertGeneration(sql, experiment, 1);
    const last = await rows.insertGeneration(sql, experiment, 2);
    await sql`
      update evolution.generations set status = 'completed', finished_at = now(), avg_fitness = 0, max_fitness = 0, min_fitness = 0
      where experiment_id = ${experiment} and number = 0`;
    const started = await atOnce(
      sql,
      2,
      (connection, index) =>
        connection`update evolution.generations set status = 'running' where id = ${index === 0 ? next : last}`,
    );
    expect(tally(started)).toEqual({ done: 1, codes: ['23505'] });
  });
});

const refusalOf = (error: unknown) => (error as { code?: string }).code;
