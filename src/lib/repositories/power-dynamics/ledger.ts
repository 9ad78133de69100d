import {
  insertOne,
  listRows,
  RepositoryError,
  sql,
  uuidV7,
  type Executor,
  type Page,
  type PageOptions,
} from '../base/index.js';
import { insertEvent } from './events.js';
import { ledger, nodes, type LedgerEntry } from './tables.js';
import { balanceMismatchSchema, type BalanceMismatch } from './types.js';
import type { LedgerEntryKind } from './vocabulary.js';

/** A movement of power. `amount` is an exact decimal as text, such as `12.500000`. */
export interface Movement {
  /** The same key again is the same movement: it happens once. */
  readonly key: string;
  readonly amount: string;
  readonly reason?: string;
}

interface Entry extends Movement {
  readonly kind: LedgerEntryKind;
  readonly fromId?: string;
  readonly toId?: string;
}

const LABELS = { method: 'enter', table: ledger, row: ledger.row } as const;

/**
 * Enters a movement into the ledger, which applies it, with its event. A key that was used for the same movement gives
 * the first entry back. @throws RepositoryError Check for an overdraft, InactiveNode, Reference, Conflict.
 */
export async function enter(
  executor: Executor,
  { key, amount, reason, ...sides }: Entry,
): Promise<LedgerEntry> {
  return executor.transaction(async (inner) => {
    const eventId = uuidV7();
    const row = {
      ...sides,
      entryKey: key,
      amount,
      eventId,
      ...(reason === undefined ? {} : { reason }),
    };
    const entry = await inner.first(
      { ...LABELS, method: sides.kind, operation: 'insert' },
      sql`${insertOne(ledger, row)} returning ${ledger.select()}`,
    );
    if (entry === undefined) return findEntry(inner, key);
    const { fromId, toId, kind } = sides;
    await insertEvent(
      inner,
      {
        id: eventId,
        kind: 'power_transfer',
        initiatorId: fromId ?? null,
        data: { entryKey: key, kind, amount },
      },
      toId === undefined ? [] : [{ nodeId: toId, role: 'affected' }],
    );
    return entry;
  });
}

/** A page of the entries that touched a node, the latest first. */
export async function getLedger(
  executor: Executor,
  nodeId: string,
  page: PageOptions,
): Promise<Page<LedgerEntry>> {
  const listing = { method: 'getLedger', table: ledger };
  return listRows(executor, listing, { ...page, filter: { or: [{ fromId: nodeId }, { toId: nodeId }] } });
}

/** The nodes whose balance is not the sum of their entries; none unless somebody went past the guards. */
export async function auditBalances(executor: Executor): Promise<BalanceMismatch[]> {
  return executor.rows(
    { method: 'auditBalances', operation: 'select', table: nodes, row: balanceMismatchSchema },
    sql`select n.id as node_id, n.power, coalesce(l.balance, 0) as ledger
      from power_dynamics.nodes n
        left join (
          select m.node_id, sum(m.amount) as balance
          from (select to_id as node_id, amount from power_dynamics.ledger where to_id is not null
                union all
                select from_id, -amount from power_dynamics.ledger where from_id is not null) m
          group by m.node_id) l on l.node_id = n.id
      where n.power <> coalesce(l.balance, 0) order by n.id`,
  );
}

async function findEntry(executor: Executor, key: string): Promise<LedgerEntry> {
  const entry = await executor.first(
    { ...LABELS, operation: 'select' },
    sql`select ${ledger.select()} from power_dynamics.ledger where entry_key = ${key}`,
  );
  if (entry === undefined) throw new RepositoryError('NotFound', `there is no ledger entry ${key}`);
  return entry;
}
