import type { Aggregate } from '../fixtures.js';
import { sha256Bytea } from '../hashes.js';
import { jsonbText } from '../jsonb-text.js';
import type { Ballot } from './ballots.js';
import type { Proposal } from './proposals.js';
import type { Vote } from './votes.js';

/** A proposal's rows, as they are in the end. */
export function proposalAggregate(proposal: Proposal): Aggregate {
  const { id, key, electors, ballots } = proposal;
  return {
    root: 'consensus.proposals',
    id,
    key,
    rows: {
      'consensus.proposals': [proposalRow(proposal)],
      'consensus.electors': electors.map((node) => ({
        proposal_id: id,
        node_id: node.id,
        weight: node.reputation.toFixed(6),
      })),
      'consensus.ballots': ballots.map((ballot) => ballotRow(proposal, ballot)),
      'consensus.votes': ballots.flatMap((ballot) => ballot.votes.map((vote) => voteRow(id, ballot, vote))),
      'consensus.vote_assessments': ballots.flatMap((ballot) =>
        ballot.votes.flatMap((vote) => assessmentRows(ballot, vote)),
      ),
      'consensus.state_log': logRows(proposal),
    },
  };
}

function isAccepted({ decision }: Proposal): boolean {
  return decision?.status === 'accepted' || decision?.status === 'conditionally_accepted';
}

function proposalRow(proposal: Proposal) {
  const { ballots, decision, createdAt } = proposal;
  const current = ballots.at(-1);
  return {
    id: proposal.id,
    proposal_key: proposal.key,
    proposal_type: proposal.type,
    protocol: 'paxos',
    domain: proposal.domain,
    content: proposal.content,
    metadata: {},
    priority: proposal.priority,
    proposer_id: proposal.proposer.id,
    required_frameworks: proposal.requiredFrameworks,
    quorum_fraction: proposal.quorumFraction,
    approval_threshold: proposal.approvalThreshold,
    status: decision?.status ?? (current === undefined ? 'pending' : 'voting'),
    current_ballot_id: current?.id ?? null,
    decided_ballot_id: isAccepted(proposal) ? (current?.id ?? null) : null,
    decision_score: decision?.score ?? null,
    decision_reason: decision?.reason ?? null,
    expires_at: proposal.expiresAt,
    decided_at: decision?.at ?? null,
    supersedes_id: proposal.supersedesId ?? null,
    verification_request_id: proposal.requestId ?? null,
    created_at: createdAt,
    updated_at: decision?.at ?? current?.openedAt ?? createdAt,
  };
}

function ballotRow({ id: proposalId, content }: Proposal, ballot: Ballot) {
  return {
    id: ballot.id,
    proposal_id: proposalId,
    proposer_id: ballot.proposer.id,
    number: ballot.number,
    phase: ballot.acceptOpenedAt === undefined ? 'prepare' : 'accept',
    value: content,
    value_sha256: sha256Bytea(jsonbText(content)),
    opened_at: ballot.openedAt,
    accept_opened_at: ballot.acceptOpenedAt ?? null,
    superseded_at: ballot.supersededAt ?? null,
  };
}

/** Names a vote until the database has numbered it. */
function voteReference(ballot: Ballot, { phase, node }: Vote): string {
  return `${ballot.id}/${phase}/${node.id}`;
}

function voteRow(proposalId: string, ballot: Ballot, vote: Vote) {
  return {
    id: voteReference(ballot, vote),
    proposal_id: proposalId,
    ballot_id: ballot.id,
    node_id: vote.node.id,
    phase: vote.phase,
    decision: vote.decision,
    confidence: vote.confidence,
    reason: vote.phase === 'prepare' && vote.decision === 'reject' ? 'promised to a higher ballot' : null,
    conditions: vote.decision === 'conditional' ? ['review after 30 days'] : [],
    cast_at: vote.castAt,
  };
}

function assessmentRows(ballot: Ballot, vote: Vote) {
  return vote.assessments.map(({ framework, verdict, score, confidence }) => ({
    vote_id: voteReference(ballot, vote),
    framework,
    verdict,
    score,
    confidence,
    reasoning: null,
    evidence: {},
  }));
}

/** As trigger z_log records a decision. */
function logRows(proposal: Proposal) {
  const { decision, ballots, content } = proposal;
  if (decision === undefined) return [];
  const number = isAccepted(proposal) ? (ballots.at(-1)?.number ?? null) : null;
  return [
    {
      kind: 'proposal_decided',
      proposal_id: proposal.id,
      term: number ?? 0,
      payload: {
        proposal_key: proposal.key,
        status: decision.status,
        ballot: number,
        score: decision.score ?? null,
        reason: decision.reason,
        content_sha256: sha256Bytea(jsonbText(content)).slice(2),
      },
      recorded_by: proposal.proposer.key,
      recorded_at: decision.at,
    },
  ];
}
