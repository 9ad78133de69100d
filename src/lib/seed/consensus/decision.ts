import { DAY_MS, MINUTE_MS, plus } from '../timeline.js';
import type { Ballot } from './ballots.js';
import type { Fate } from './fate.js';
import { tally, type Outcome, type Rules } from './votes.js';

export interface Decision {
  readonly status: 'accepted' | 'conditionally_accepted' | 'rejected' | 'timeout' | 'withdrawn';
  readonly at: Date;
  readonly score: number | undefined;
  readonly reason: string;
}

export interface Ruling extends Rules {
  readonly createdAt: Date;
  readonly fate: Fate;
}

/** How the proposal ends, by its last ballot; undefined while it is open. */
export function decide(ballots: readonly Ballot[], ruling: Ruling): Decision | undefined {
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
