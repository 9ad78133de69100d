import type { ClaimDomain } from '../vocabulary.js';
import type { ProposalType } from './vocabulary.js';

/** What decides how much agreement a proposal needs. */
interface Subject {
  readonly proposalType: ProposalType;
  readonly domain?: ClaimDomain | null;
  /** 1 critical to 5 routine; 3 unless given. */
  readonly priority?: number;
}

interface Rules {
  readonly quorumFraction: string;
  readonly approvalThreshold: string;
}

/** In these domains everybody must agree. */
const UNANIMITY_DOMAINS: ReadonlySet<ClaimDomain | null> = new Set(['ethical']);

/** The agreement a proposal needs unless its author says otherwise: more for what is urgent, most for what is ethical. */
export function rulesFor({ proposalType, domain = null, priority = 3 }: Subject): Rules {
  const approvalThreshold = proposalType === 'ethical_guideline' ? '0.9' : priority <= 2 ? '0.8' : '0.6';
  return { quorumFraction: UNANIMITY_DOMAINS.has(domain) ? '1' : '0.6', approvalThreshold };
}

/** The key of the next refinement: `climate` -> `climate-v2` -> `climate-v3`. */
export function refinedKey(proposalKey: string): string {
  const [, stem = proposalKey, version = '1'] = /^(.*)-v(\d{1,9})$/.exec(proposalKey) ?? [];
  return `${stem}-v${Number(version) + 1}`;
}
