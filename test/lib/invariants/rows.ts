import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../../src/lib/core/database.js';
import { runTransaction } from '../../../src/lib/core/transaction.js';

type Id = string;

async function idOf(query: PromiseLike<readonly { id: Id }[]>): Promise<Id> {
  const [row] = await query;
  if (row === undefined) throw new Error('no row came back');
  return row.id;
}

let count = 0;
/** A key that no other row of the run has. */
export const key = (prefix: string) => `${prefix}-${++count}`;

// Verification --------------------------------------------------------------------------------------------------------

/** A pending request that asks for these frameworks. */
export function insertRequest(sql: Queryable, frameworks: readonly string[] = ['empirical']): Promise<Id> {
  return runTransaction(sql, async (transaction) => {
    const id = await idOf(transaction<{ id: Id }[]>`
      insert into verification.requests (request_key, client_id, content)
      values (${key('req')}, 'tests', 'water boils') returning id`);
    await transaction`
      insert into verification.request_frameworks (request_id, framework)
      select ${id}, unnest(${frameworks}::text[])::bk.framework_kind`;
    return id;
  });
}

/**
 * Sets a status with all the columns that its shape asks for, and the metrics of a completed request; the transition
 * itself is for the triggers to judge.
 */
export function setRequestStatus(sql: Queryable, id: Id, status: string): Promise<unknown> {
  if (status !== 'completed') return updateRequestStatus(sql, id, status);
  return runTransaction(sql, async (transaction) => {
    const result = await updateRequestStatus(transaction, id, status);
    await insertMetrics(transaction, id);
    return result;
  });
}

/** Metrics as of a request without results. */
export async function insertMetrics(sql: Queryable, id: Id): Promise<unknown> {
  return sql`
    insert into verification.request_metrics (request_id, frameworks_total, frameworks_passed, frameworks_failed,
      frameworks_errored, frameworks_skipped, total_execution_ms, wall_clock_ms)
    select ${id}, count(*), 0, 0, 0, count(*), 0, 0
    from verification.request_frameworks where request_id = ${id}
    on conflict do nothing`;
}

async function updateRequestStatus(sql: Queryable, id: Id, status: string): Promise<unknown> {
  const claimed = status === 'in_progress';
  const finished = !['pending', 'in_progress'].includes(status);
  return sql`
    update verification.requests
    set status = ${status}::text::verification.request_status,
        claim_token      = case when ${claimed} then ${randomUUID()}::uuid end,
        claimed_by       = case when ${claimed} then 'worker' end,
        claim_expires_at = case when ${claimed} then now() + interval '1 minute' end,
        finished_at      = case when ${finished} then now() end,
        failure_reason   = case when ${status} = 'failed' then 'tests' end
    where id = ${id}`;
}

export function insertResult(sql: Queryable, requestId: Id, framework = 'empirical'): Promise<unknown> {
  return sql`
    insert into verification.results (request_id, framework, outcome, score, execution_time_ms)
    values (${requestId}, ${framework}, 'passed', 0.9, 10)`;
}

// Consensus -----------------------------------------------------------------------------------------------------------

export interface OpenProposal {
  readonly id: Id;
  readonly ballot: Id;
  /** The electors; the first is the proposer. */
  readonly nodes: readonly Id[];
}

export function insertNode(sql: Queryable): Promise<Id> {
  return idOf(sql<{ id: Id }[]>`
    insert into consensus.nodes (node_key, address, status) values (${key('node')}, 'test:1', 'active') returning id`);
}

/** A pending proposal of this node, open for an hour unless told otherwise. */
export function insertProposal(sql: Queryable, proposer: Id, openFor = '1 hour'): Promise<Id> {
  return idOf(sql<{ id: Id }[]>`
    insert into consensus.proposals (proposal_key, proposal_type, content, proposer_id, expires_at)
    values (${key('proposal')}, 'claim_validation', '{"claim": 1}', ${proposer}, now() + ${openFor}::text::interval)
    returning id`);
}

/** A ballot above all earlier ones of the proposer. */
export function insertBallot(sql: Queryable, proposal: Id, proposer: Id, value = '{"v": 1}'): Promise<Id> {
  return idOf(sql<{ id: Id }[]>`
    insert into consensus.ballots (proposal_id, proposer_id, number, phase, value)
    select ${proposal}, n.id, n.last_ballot + 1, 'accept', ${value}::text::jsonb
    from consensus.nodes n where n.id = ${proposer} returning id`);
}

/** A proposal that takes accept votes of its electors, each of weight 1. */
export function openProposal(sql: Queryable, electors = 3, openFor = '1 hour'): Promise<OpenProposal> {
  return runTransaction(sql, async (transaction) => {
    const nodes: Id[] = [];
    while (nodes.length < electors) nodes.push(await insertNode(transaction));
    const [proposer = ''] = nodes;
    const id = await insertProposal(transaction, proposer, openFor);
    await transaction`insert into consensus.electors (proposal_id, node_id) select ${id}, unnest(${nodes}::uuid[])`;
    const ballot = await insertBallot(transaction, id, proposer);
    await transaction`update consensus.proposals set status = 'voting', current_ballot_id = ${ballot} where id = ${id}`;
    return { id, ballot, nodes };
  });
}

export interface Vote {
  readonly proposal: Id;
  readonly ballot: Id;
  readonly node: Id | undefined;
  readonly decision?: string;
  readonly phase?: string;
}

export function castVote(sql: Queryable, vote: Vote): Promise<unknown> {
  const { proposal, ballot, node = null, decision = 'approve', phase = 'accept' } = vote;
  return sql`
    insert into consensus.votes (proposal_id, ballot_id, node_id, phase, decision)
    values (${proposal}, ${ballot}, ${node}, ${phase}, ${decision})`;
}

export function decide(sql: Queryable, proposal: Id, status = 'accepted'): Promise<unknown> {
  const accepted = status.endsWith('accepted');
  return sql`
    update consensus.proposals
    set status = ${status}::text::consensus.proposal_status, decided_at = now(),
        decided_ballot_id = case when ${accepted} then current_ballot_id end
    where id = ${proposal}`;
}

// Framework -----------------------------------------------------------------------------------------------------------

/** A validated draft, the next revision of its environment. */
export function insertConfig(sql: Queryable, environment: string, valid: boolean | null = true): Promise<Id> {
  return idOf(sql<{ id: Id }[]>`
    insert into framework.configs (framework, environment, revision, framework_version, data, is_valid)
    select 'empirical', ${environment}, coalesce(max(revision), 0) + 1, '1.0', '{"a": 1}', ${valid}
    from framework.configs where framework = 'empirical' and environment = ${environment}
    returning id`);
}

export function activateConfig(sql: Queryable, id: Id): Promise<unknown> {
  return sql`update framework.configs set status = 'active', activated_at = now() where id = ${id}`;
}

/** Raises the head, then inserts the version it is at. */
export function saveState(sql: Queryable, stateKey: string): Promise<number> {
  return runTransaction(sql, async (transaction) => {
    const [head] = await transaction<{ version: number }[]>`
      insert into framework.state_heads (framework, state_key, current_version) values ('empirical', ${stateKey}, 1)
      on conflict (framework, state_key) do update set current_version = state_heads.current_version + 1
      returning current_version as version`;
    const version = head?.version ?? 0;
    await transaction`
      insert into framework.states (framework, state_key, version, kind, value)
      values ('empirical', ${stateKey}, ${version}, 'model', '{}')`;
    return version;
  });
}

// Power dynamics ------------------------------------------------------------------------------------------------------

/** A node with this much power, granted. */
export async function insertPowerNode(sql: Queryable, power = 0): Promise<Id> {
  const id = await idOf(sql<{ id: Id }[]>`
    insert into power_dynamics.nodes (node_key, kind) values (${key('power')}, 'agent') returning id`);
  if (power > 0)
    await sql`
      insert into power_dynamics.ledger (entry_key, kind, to_id, amount) values (${key('grant')}, 'grant', ${id}, ${power})`;
  return id;
}

/** The sender comes first; the key is a new one unless given. */
export function transfer(
  sql: Queryable,
  [from, to]: readonly [Id, Id],
  amount: number,
  entryKey = key('move'),
): Promise<unknown> {
  return sql`
    insert into power_dynamics.ledger (entry_key, kind, from_id, to_id, amount)
    values (${entryKey}, 'transfer', ${from}, ${to}, ${amount})`;
}

export function relate(sql: Queryable, source: Id, target: Id, kind = 'hierarchical'): Promise<Id> {
  return idOf(sql<{ id: Id }[]>`
    insert into power_dynamics.relations (source_id, target_id, kind) values (${source}, ${target}, ${kind}) returning id`);
}

export interface Coalition {
  readonly id: Id;
  readonly members: readonly Id[];
}

export function formCoalition(sql: Queryable, size: number): Promise<Coalition> {
  return runTransaction(sql, async (transaction) => {
    const members: Id[] = [];
    while (members.length < size) members.push(await insertPowerNode(transaction));
    const id = await idOf(transaction<{ id: Id }[]>`
      insert into power_dynamics.coalitions (coalition_key, name, founder_id)
      values (${key('coalition')}, 'tests', ${members[0] ?? null}) returning id`);
    await transaction`
      insert into power_dynamics.coalition_members (coalition_id, node_id) select ${id}, unnest(${members}::uuid[])`;
    return { id, members };
  });
}

export function leaveCoalition(sql: Queryable, coalition: Id, node: Id | undefined): Promise<unknown> {
  return sql`
    update power_dynamics.coalition_members set left_at = clock_timestamp()
    where coalition_id = ${coalition} and node_id = ${node ?? null} and left_at is null`;
}

// Evolution -----------------------------------------------------------------------------------------------------------

export function insertExperiment(sql: Queryable): Promise<Id> {
  return idOf(sql<{ id: Id }[]>`
    insert into evolution.experiments (experiment_key, population_size, selection_strategy)
    values (${key('experiment')}, 10, 'tournament') returning id`);
}

export function insertGeneration(
  sql: Queryable,
  experiment: Id,
  number: number,
  status = 'pending',
): Promise<Id> {
  return idOf(sql<{ id: Id }[]>`
    insert into evolution.generations (experiment_id, number, status, population_size)
    values (${experiment}, ${number}, ${status}, 10) returning id`);
}

export interface Place {
  readonly experiment: Id;
  readonly generation: Id;
  readonly number: number;
}

export function insertAgent(sql: Queryable, { experiment, generation, number }: Place): Promise<Id> {
  return idOf(sql<{ id: Id }[]>`
    insert into evolution.agents (agent_key, experiment_id, generation_id, generation_number, slot, genome)
    select ${key('agent')}, ${experiment}, ${generation}, ${number}, count(*), '{"learning_rate": 0.1}'
    from evolution.agents where generation_id = ${generation} returning id`);
}
