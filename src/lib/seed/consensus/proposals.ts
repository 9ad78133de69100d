import type { Fixtures } from '../fixtures.js';
import { at, type Random } from '../random.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, plus } from '../timeline.js';
import { planRequest, REQUESTS_PER_UNIT } from '../verification/index.js';
import type { Judge } from '../vocabulary.js';
import { voters, type ConsensusNode } from './nodes.js';
import { castVotes, tally, type Outcome, type Rules, type Vote } from './votes.js';

/** Proposals in a unit of scale. */
export const PROPOSALS_PER_UNIT = 40;
/** Ballot numbers in a unit: first ballots take 1..40, second ones 41..57. */
const NUMBERS_PER_UNIT = 64;

const TYPES = [
  { type: 'claim_validation', domain: 'empirical', required: ['empirical'] },
  { type: 'claim_validation', domain: 'empirical', required: ['empirical', 'consistency'] },
  { type: 'model_update', domain: 'logical', required: [] },
  { type: 'policy_change', domain: 'social', required: ['contextual'] },
  { type: 'ethical_guideline', domain: 'ethical', required: ['power_dynamics', 'contextual'] },
  { type: 'framework_weight_update', domain: null, required: [] },
  { type: 'system_configuration', domain: null, required: [] },
  { type: 'emergency_override', domain: 'social', required: ['utility'] },
] as const satisfies readonly { type: string; domain: string | null; required: readonly Judge[] }[];

export interface Ballot {
  readonly id: string;
  readonly number: number;
  readonly round: 0 | 1;
  readonly proposer: ConsensusNode;
  readonly openedAt: Date;
  readonly acceptOpenedAt: Date | undefined;
  readonly supersededAt: Date | undefined;
  readonly votes: readonly Vote[];
}

export interface Proposal {
  readonly k: number;
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly domain: string | null;
  readonly content: Readonly<Record<string, string>>;
  readonly proposer: ConsensusNode;
  readonly electors: readonly ConsensusNode[];
  readonly priority: number;
  readonly requiredFrameworks: readonly Judge[];
  readonly quorumFraction: number;
  readonly approvalThreshold: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly supersedesId: string | undefined;
  readonly requestId: string | undefined;
  readonly ballots: readonly Ballot[];
  readonly decision: Decision | undefined;
}

export interface Decision {
  readonly status: 'accepted' | 'conditionally_accepted' | 'rejected' | 'timeout' | 'withdrawn';
  readonly at: Date;
  readonly score: number | undefined;
  readonly reason: string;
}

/** What a proposal is to go through: the last five of a unit are open, the first is withdrawn for its refinement. */
type Fate = 'decided' | 'withdrawn' | 'expired' | 'voting' | 'pending';

function fateOf(inUnit: number): Fate {
  if (inUnit >= 38) return 'pending';
  if (inUnit >= 35) return 'voting';
  if (inUnit === 20) return 'expired';
  return inUnit === 0 ? 'withdrawn' : 'decided';
}

/** Proposal `k` with its electorate, ballots, votes and decision. */
export function planProposal(fixtures: Fixtures, k: number): Proposal {
  const random = fixtures.random('consensus.proposals', k);
  const unit = Math.floor(k / PROPOSALS_PER_UNIT);
  const inUnit = k % PROPOSALS_PER_UNIT;
  const { type, domain, required } = at(TYPES, k % TYPES.length);
  const electors = random.sample(voters(fixtures, unit + 1), unit === 0 ? 5 : random.integer(5, 9));
  const createdAt = arrivalOf(fixtures, k);
  const priority = type === 'emergency_override' ? 1 : random.integer(2, 5);
  const isUnanimous = inUnit === 12;
  const rules = {
    electors,
    requiredFrameworks: required,
    quorumFraction: isUnanimous ? 1 : 0.6,
    approvalThreshold: type === 'ethical_guideline' ? 0.9 : priority <= 2 ? 0.8 : 0.6,
  };
  const merit = isUnanimous ? 0.9 : fateOf(inUnit) === 'expired' ? 0.76 : meritOf(random);
  const draft = { ...rules, k, id: random.uuid(createdAt), proposer: at(electors, 0), createdAt };
  const ballots = planBallots(fixtures, { ...draft, merit, fate: fateOf(inUnit) });
  return {
    ...draft,
    key: keyOf(k),
    type,
    domain,
    content: contentOf(type, k),
    priority,
    expiresAt: plus(createdAt, DAY_MS),
    supersedesId: inUnit === 1 ? idOf(fixtures, k - 1) : undefined,
    requestId:
      type === 'claim_validation' && inUnit > 1
        ? planRequest(fixtures, unit * REQUESTS_PER_UNIT + inUnit * 7).id
        : undefined,
    ballots,
    decision: decide(ballots, { ...draft, fate: fateOf(inUnit) }),
  };
}

function keyOf(k: number): string {
  const unit = Math.floor(k / PROPOSALS_PER_UNIT);
  const inUnit = k % PROPOSALS_PER_UNIT;
  const climate = `climate-consensus-${String(unit + 1).padStart(3, '0')}`;
  if (inUnit === 0) return climate;
  return inUnit === 1 ? `${climate}-v2` : `proposal-${String(k + 1).padStart(5, '0')}`;
}

/** The id of another proposal, which is the first thing its generator gives once its time is known. */
function idOf(fixtures: Fixtures, k: number): string {
  return fixtures.random('consensus.proposals', k).uuid(arrivalOf(fixtures, k));
}

function arrivalOf(fixtures: Fixtures, k: number): Date {
  const { timeline } = fixtures;
  const inUnit = k % PROPOSALS_PER_UNIT;
  const random = fixtures.random('consensus.proposals.arrival', k);
  const fate = fateOf(inUnit);
  if (fate === 'pending') return timeline.before(random.integer(2, 20) * MINUTE_MS);
  if (fate === 'voting') return timeline.before(random.integer(60, 180) * MINUTE_MS);
  return plus(timeline.start, 3 * DAY_MS + ((inUnit + random.unit()) / 35) * 85 * DAY_MS);
}

function meritOf(random: Random): number {
  return random.weighted([
    [0.76, 60],
    [0.62, 20],
    [0.44, 20],
  ]);
}

function contentOf(type: string, k: number): Readonly<Record<string, string>> {
  if (k % PROPOSALS_PER_UNIT === 0)
    return { statement: 'Human activity is the main cause of recent global warming' };
  if (k % PROPOSALS_PER_UNIT === 1)
    return {
      statement: 'Human activity is the main cause of global warming since 1950',
      confidence: 'very high',
    };
  return { subject: type.replaceAll('_', ' '), statement: `Motion ${k + 1} of the assembly` };
}

interface Course {
  readonly k: number;
  readonly electors: readonly ConsensusNode[];
  readonly proposer: ConsensusNode;
  readonly createdAt: Date;
  readonly merit: number;
  readonly fate: Fate;
}

/** Every other proposal needs a second ballot, because the first one found no promises. */
function planBallots(fixtures: Fixtures, course: Course): Ballot[] {
  const { k, createdAt, fate, proposer } = course;
  if (fate === 'pending') return [];
  const number = Math.floor(k / PROPOSALS_PER_UNIT) * NUMBERS_PER_UNIT + (k % PROPOSALS_PER_UNIT) + 1;
  const first = { number, round: 0 as const, proposer, openedAt: plus(createdAt, 5 * MINUTE_MS) };
  const inUnit = k % PROPOSALS_PER_UNIT;
  if (inUnit % 2 === 1 || inUnit === 0 || inUnit > 34) return [decisiveBallot(fixtures, course, first)];
  const again = plus(first.openedAt, HOUR_MS);
  const second = {
    number: number - inUnit + PROPOSALS_PER_UNIT + inUnit / 2,
    round: 1 as const,
    proposer,
    openedAt: again,
  };
  return [futileBallot(fixtures, course, first, again), decisiveBallot(fixtures, course, second)];
}

type Opening = Pick<Ballot, 'number' | 'round' | 'proposer' | 'openedAt'>;

function futileBallot(fixtures: Fixtures, course: Course, opening: Opening, supersededAt: Date): Ballot {
  const id = fixtures.random('consensus.ballots', `${course.k}/0`).uuid(opening.openedAt);
  const poll = { ballotId: id, phase: 'prepare' as const, merit: 0.2, openedAt: opening.openedAt };
  const votes = castVotes(fixtures, { ...poll, electors: course.electors.slice(1) });
  return { ...opening, id, acceptOpenedAt: undefined, supersededAt, votes };
}

function decisiveBallot(fixtures: Fixtures, { k, electors, merit, fate }: Course, opening: Opening): Ballot {
  const id = fixtures.random('consensus.ballots', `${k}/${opening.round}`).uuid(opening.openedAt);
  const acceptOpenedAt = plus(opening.openedAt, 15 * MINUTE_MS);
  const turnout = fate === 'decided' ? electors : electors.slice(0, 2);
  return {
    ...opening,
    id,
    acceptOpenedAt,
    supersededAt: undefined,
    votes: [
      ...castVotes(fixtures, {
        ballotId: id,
        phase: 'prepare',
        electors,
        merit: 0.8,
        openedAt: opening.openedAt,
      }),
      ...castVotes(fixtures, {
        ballotId: id,
        phase: 'accept',
        electors: turnout,
        merit,
        openedAt: acceptOpenedAt,
      }),
    ],
  };
}

interface Ruling extends Rules {
  readonly createdAt: Date;
  readonly fate: Fate;
}

function decide(ballots: readonly Ballot[], ruling: Ruling): Decision | undefined {
  const ballot = ballots.at(-1);
  if (ballot === undefined || ruling.fate === 'pending' || ruling.fate === 'voting') return undefined;
  const accepting = ballot.votes.filter(({ phase }) => phase === 'accept');
  const counted = plus(accepting.at(-1)?.castAt ?? ballot.openedAt, MINUTE_MS);
  if (ruling.fate === 'withdrawn')
    return {
      status: 'withdrawn',
      at: counted,
      score: undefined,
      reason: 'refined after the first assessments',
    };
  const expired = {
    status: 'timeout',
    at: plus(ruling.createdAt, DAY_MS),
    score: undefined,
    reason: 'expired',
  } as const;
  if (ruling.fate === 'expired') return expired;
  const outcome = tally(accepting, ruling);
  return outcome.status === undefined ? expired : verdict(outcome, outcome.status, counted);
}

function verdict({ score }: Outcome, status: Decision['status'], counted: Date): Decision {
  const accepted = status === 'accepted' || status === 'conditionally_accepted';
  return {
    status,
    at: counted,
    score: accepted ? score : undefined,
    reason: `tally of the accept votes: ${status.replace('_', ' ')}`,
  };
}
