import { quoteIdentifier } from '../core/database.js';
import type { Tier } from './collectors/collector.js';
import type { ServerFacts } from './collectors/server.js';
import { tierOf, type SectionName, type Sections } from './sections.js';
import type { CheckStatus, Evidence, Remedy, Threshold } from './types.js';

/** What a check made of the snapshot. */
export interface Outcome {
  readonly status: CheckStatus;
  readonly summary: string;
  readonly evidence: readonly Evidence[];
  readonly remedy: Remedy | null;
}

/** What a check is given: its sections, the server's facts, the thresholds in force. */
export type CheckInput<N extends SectionName> = Pick<Sections, N> & {
  readonly server: ServerFacts;
  readonly threshold: Threshold;
};

interface CheckText {
  /** Stable name, `area.subject`. */
  readonly id: string;
  readonly title: string;
  /** Why it matters, in a few sentences. */
  readonly why: string;
  /** What helps in general; a finding has the remedy for what was found. */
  readonly advice: string;
}

/** A check of any needs, as the engine sees it. */
export interface Check extends CheckText {
  readonly needs: readonly SectionName[];
  readonly tier: Tier;
  /** Where the warning and the critical zone begin by default; null when the check has no number. */
  readonly threshold: Threshold | null;
  readonly evaluate: (input: CheckInput<SectionName>) => Outcome;
}

interface CheckDefinition<N extends SectionName> extends CheckText {
  readonly needs: readonly N[];
  readonly threshold?: Threshold;
  readonly evaluate: (input: CheckInput<N>) => Outcome;
}

const TIERS: readonly Tier[] = ['fast', 'slow', 'deep'];

/** Types a check by the sections it needs; its tier is that of the dearest of them. */
export function defineCheck<N extends SectionName>(definition: CheckDefinition<N>): Check {
  const tiers = definition.needs.map((name) => TIERS.indexOf(tierOf(name)));
  return {
    ...definition,
    tier: TIERS[Math.max(0, ...tiers)] ?? 'fast',
    threshold: definition.threshold ?? null,
    evaluate: (input) => definition.evaluate(input),
  };
}

/** The zone a number falls in. */
export function grade(value: number, { warning, critical }: Threshold): 'ok' | 'warning' | 'critical' {
  if (critical !== null && value >= critical) return 'critical';
  return warning !== null && value >= warning ? 'warning' : 'ok';
}

export function ok(summary: string): Outcome {
  return { status: 'ok', summary, evidence: [], remedy: null };
}

export function skipped(reason: string): Outcome {
  return { status: 'skipped', summary: reason, evidence: [], remedy: null };
}

/** What could not be seen, and what would show it. */
export function unknown(reason: string, remedy: Remedy | null = null): Outcome {
  return { status: 'unknown', summary: reason, evidence: [], remedy };
}

export interface FoundDetails {
  readonly evidence?: readonly Evidence[];
  readonly remedy: string;
  readonly sql?: readonly string[];
}

/** Something to act on, or with `info` to know. */
export function found(
  status: 'info' | 'warning' | 'critical',
  summary: string,
  { evidence = [], remedy, sql = [] }: FoundDetails,
): Outcome {
  return { status, summary, evidence, remedy: { text: remedy, sql: [...sql] } };
}

/** The remedy for what the role may not see. */
export function grantMonitor({ user }: ServerFacts): Remedy {
  return {
    text: 'Let the role see the sessions and statistics of others.',
    sql: [`grant pg_monitor to ${quoteIdentifier(user)};`],
  };
}
