import type { Fixtures } from '../fixtures.js';
import { at } from '../random.js';
import { DAY_MS, plus } from '../timeline.js';
import type { PowerNode } from './nodes.js';

/** What a unit's nodes hold together, in millionths: 10,000.000000. */
const GRANTED = 10_000_000_000;
const TRANSFERS = 140;

export interface Entry {
  readonly key: string;
  readonly kind: 'grant' | 'transfer';
  readonly from: PowerNode | undefined;
  readonly to: PowerNode;
  /** Millionths. */
  readonly amount: number;
  readonly at: Date;
}

/** The entries of a unit: every node's grant, log-normal so that the Gini coefficient is about 0.45, then transfers. */
export function planLedger(fixtures: Fixtures, unit: number, nodes: readonly PowerNode[]): Entry[] {
  const random = fixtures.random('power_dynamics.ledger', unit);
  const weights = nodes.map(() => random.logNormal(1, 0.92));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const balances = weights.map((weight) => Math.floor((GRANTED * weight) / sum));
  balances[0] = at(balances, 0) + GRANTED - balances.reduce((total, balance) => total + balance, 0);
  const grants = nodes.map((node, n) => grant(node, at(balances, n)));
  const begin = plus(fixtures.timeline.start, 11 * DAY_MS);
  const transfers = Array.from({ length: TRANSFERS }, (_, n) => {
    const from = random.integer(0, nodes.length - 1);
    const to = (from + random.integer(1, nodes.length - 1)) % nodes.length;
    const amount = Math.max(1, Math.floor(at(balances, from) * (0.01 + 0.08 * random.unit())));
    balances[from] = at(balances, from) - amount;
    balances[to] = at(balances, to) + amount;
    const when = plus(begin, ((n + random.unit()) / TRANSFERS) * 78 * DAY_MS);
    const key = `transfer-${String(unit * TRANSFERS + n + 1).padStart(5, '0')}`;
    return { key, kind: 'transfer' as const, from: at(nodes, from), to: at(nodes, to), amount, at: when };
  });
  return [...grants, ...transfers];
}

function grant(node: PowerNode, amount: number): Entry {
  return { key: `grant-${node.key}`, kind: 'grant', from: undefined, to: node, amount, at: node.createdAt };
}

/** The row of `power_dynamics.ledger`. */
export function ledgerRow({ key, kind, from, to, amount, at: when }: Entry, eventId: string | undefined) {
  return {
    entry_key: key,
    kind,
    from_id: from?.id ?? null,
    to_id: to.id,
    amount: fromMillionths(amount),
    event_id: eventId ?? null,
    reason: kind === 'grant' ? 'initial endowment' : 'delegated authority',
    created_at: when,
  };
}

/** As `numeric(20,6)` reads it. */
export function fromMillionths(amount: number): string {
  return `${Math.floor(amount / 1e6)}.${String(amount % 1e6).padStart(6, '0')}`;
}
