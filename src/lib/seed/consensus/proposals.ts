import type { Fixtures } from '../fixtures.js';
import { at, type Random } from '../random.js';
import { DAY_MS, plus } from '../timeline.js';
import { planRequest, REQUESTS_PER_UNIT } from '../verification/index.js';
import type { Judge } from '../vocabulary.js';
import { planBallots, type Ballot } from './ballots.js';
import { decide, type Decision } from './decision.js';
import { arrivalOf, fateOf, PROPOSALS_PER_UNIT } from './fate.js';
import { voters, type ConsensusNode } from './nodes.js';

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
