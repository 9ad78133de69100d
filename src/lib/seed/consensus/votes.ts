import type { Fixtures } from '../fixtures.js';
import { score } from '../numbers.js';
import { MINUTE_MS, plus, SECOND_MS } from '../timeline.js';
import { JUDGES, type Judge } from '../vocabulary.js';
import type { ConsensusNode } from './nodes.js';

export type Approval = 'approve' | 'conditional' | 'abstain' | 'reject';
type Phase = 'prepare' | 'accept';

export interface Assessment {
  readonly framework: Judge;
  readonly verdict: Approval;
  readonly score: number;
  readonly confidence: number;
}

export interface Vote {
  readonly node: ConsensusNode;
  readonly phase: Phase;
  readonly decision: Approval;
  readonly confidence: number;
  readonly castAt: Date;
  readonly assessments: readonly Assessment[];
}

export interface Poll {
  readonly ballotId: string;
  readonly phase: Phase;
  readonly electors: readonly ConsensusNode[];
  /** How good the proposal is: the mean of the scores it gets. */
  readonly merit: number;
  readonly openedAt: Date;
}

/** What the electors say in one phase of a ballot; to accept, each judges by its own weighting of the frameworks. */
export function castVotes(fixtures: Fixtures, poll: Poll): Vote[] {
  return poll.electors.map((node, order) => {
    const random = fixtures.random('consensus.votes', `${poll.ballotId}/${poll.phase}/${node.n}`);
    const assessments = JUDGES.map((framework) => {
      const value = score(poll.merit + 0.07 * random.normal());
      return {
        framework,
        verdict: verdictOf(value),
        score: value,
        confidence: score(0.9 + 0.03 * random.normal()),
      };
    });
    const weighed = assessments.reduce(
      (sum, { framework, score: value }) => sum + value * node.weights[framework],
      0,
    );
    const promised = random.chance(poll.merit + 0.25) ? 'approve' : 'reject';
    return {
      node,
      phase: poll.phase,
      decision: poll.phase === 'prepare' ? promised : verdictOf(score(weighed)),
      confidence: score(0.95 + 0.02 * random.normal()),
      castAt: plus(poll.openedAt, (order + 0.2 + 0.7 * random.unit()) * MINUTE_MS + SECOND_MS),
      assessments: poll.phase === 'accept' ? assessments : assessments.slice(order % 6, (order % 6) + 1),
    };
  });
}

function verdictOf(value: number): Approval {
  if (value >= 0.62) return 'approve';
  if (value >= 0.55) return 'conditional';
  return value >= 0.52 ? 'abstain' : 'reject';
}

const CREDIT: Readonly<Record<Approval, number>> = { approve: 1, conditional: 0.7, abstain: 0, reject: 0 };

export interface Rules {
  readonly electors: readonly ConsensusNode[];
  readonly quorumFraction: number;
  readonly approvalThreshold: number;
  readonly requiredFrameworks: readonly Judge[];
}

export interface Outcome {
  readonly status: 'accepted' | 'conditionally_accepted' | 'rejected' | undefined;
  /** Undefined when all abstained. */
  readonly score: number | undefined;
}

/** What consensus.tally() says of the votes; undefined while neither side can be sure. */
export function tally(votes: readonly Vote[], rules: Rules): Outcome {
  const weightOf = (some: readonly Vote[]) => some.reduce((sum, { node }) => sum + node.reputation, 0);
  const total = rules.electors.reduce((sum, { reputation }) => sum + reputation, 0);
  const quorum = rules.quorumFraction * total;
  const inFavour = weightOf(
    votes.filter(({ decision }) => decision === 'approve' || decision === 'conditional'),
  );
  const against = weightOf(votes.filter(({ decision }) => decision === 'reject'));
  const judging = votes.filter(({ decision }) => decision !== 'abstain');
  const credit = judging.reduce(
    (sum, { node, confidence, decision }) => sum + node.reputation * confidence * CREDIT[decision],
    0,
  );
  const result = judging.length === 0 ? undefined : Number((credit / weightOf(judging)).toFixed(6));
  const approved = rules.requiredFrameworks.every((framework) => approves(votes, framework));
  const hasQuorum = inFavour >= quorum - 1e-9;
  if (hasQuorum && approved && result !== undefined && result >= rules.approvalThreshold)
    return { status: 'accepted', score: result };
  if (hasQuorum) return { status: 'conditionally_accepted', score: result };
  return { status: against > total - quorum + 1e-9 ? 'rejected' : undefined, score: result };
}

function approves(votes: readonly Vote[], framework: Judge): boolean {
  const verdicts = votes.flatMap(({ node, assessments }) =>
    assessments
      .filter((assessment) => assessment.framework === framework && assessment.verdict !== 'abstain')
      .map(({ verdict }) => ({ weight: node.reputation, credit: CREDIT[verdict] })),
  );
  const weight = verdicts.reduce((sum, verdict) => sum + verdict.weight, 0);
  return (
    weight > 0 && verdicts.reduce((sum, verdict) => sum + verdict.weight * verdict.credit, 0) / weight >= 0.6
  );
}
