import type { Fixtures } from '../fixtures.js';
import { HOUR_MS, MINUTE_MS, plus } from '../timeline.js';
import { PROPOSALS_PER_UNIT, type Fate } from './fate.js';
import type { ConsensusNode } from './nodes.js';
import { castVotes, type Vote } from './votes.js';

/** Ballot numbers in a unit: first ballots take 1..40, second ones 41..57. */
const NUMBERS_PER_UNIT = 64;

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

export interface Course {
  readonly k: number;
  readonly electors: readonly ConsensusNode[];
  readonly proposer: ConsensusNode;
  readonly createdAt: Date;
  readonly merit: number;
  readonly fate: Fate;
}

/** Every other proposal needs a second ballot, because the first one found no promises. */
export function planBallots(fixtures: Fixtures, course: Course): Ballot[] {
  const { k, createdAt, fate, proposer } = course;
  if (fate === 'pending') return [];
  const number = Math.floor(k / PROPOSALS_PER_UNIT) * NUMBERS_PER_UNIT + (k % PROPOSALS_PER_UNIT) + 1;
  const first = { number, round: 0 as const, proposer, openedAt: plus(createdAt, 5 * MINUTE_MS) };
  const inUnit = k % PROPOSALS_PER_UNIT;
  if (inUnit % 2 === 1 || inUnit === 0 || inUnit > 34) return [decisiveBallot(fixtures, course, first)];
  const second = {
    number: number - inUnit + PROPOSALS_PER_UNIT + inUnit / 2,
    round: 1 as const,
    proposer,
    openedAt: plus(first.openedAt, HOUR_MS),
  };
  return [futileBallot(fixtures, course, first), decisiveBallot(fixtures, course, second)];
}

type Opening = Pick<Ballot, 'number' | 'round' | 'proposer' | 'openedAt'>;

function futileBallot(fixtures: Fixtures, course: Course, opening: Opening): Ballot {
  const id = fixtures.random('consensus.ballots', `${course.k}/0`).uuid(opening.openedAt);
  const poll = { ballotId: id, phase: 'prepare' as const, merit: 0.2, openedAt: opening.openedAt };
  const votes = castVotes(fixtures, { ...poll, electors: course.electors.slice(1) });
  return { ...opening, id, acceptOpenedAt: undefined, supersededAt: plus(opening.openedAt, HOUR_MS), votes };
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
