import {
  bindList,
  bulkInsert,
  insertOne,
  listRows,
  loadRelations,
  raw,
  RepositoryError,
  sql,
  type Executor,
  type Filter,
  type JsonObject,
  type NewRow,
  type Page,
  type PageOptions,
  type Related,
} from '../base/index.js';
import { eventParticipants, eventRelations, events, type PowerEvent } from './tables.js';
import type { ParticipantRole } from './vocabulary.js';

/** A node and its part in an event. */
export interface Participant {
  readonly nodeId: string;
  /** Default `participant`. */
  readonly role?: ParticipantRole;
}

/** Something that happened; its initiator is a participant without being named as one. */
export type NewPowerEvent = NewRow<typeof events> & { readonly participants?: readonly Participant[] };

export type EventWithParticipants = PowerEvent & Related<typeof eventRelations, 'participants'>;

const LABELS = { table: events, row: events.row } as const;

/** Stores an event and who took part. */
export async function recordEvent(
  executor: Executor,
  { participants = [], ...event }: NewPowerEvent,
): Promise<PowerEvent> {
  return executor.transaction(async (inner) => insertEvent(inner, event, participants));
}

/** The same inside a transaction of the caller. */
export async function insertEvent(
  executor: Executor,
  event: NewRow<typeof events>,
  participants: readonly Participant[] = [],
): Promise<PowerEvent> {
  const stored = await executor.one(
    { ...LABELS, method: 'recordEvent', operation: 'insert' },
    sql`${insertOne(events, event)} returning ${events.select()}`,
  );
  const initiator = event.initiatorId;
  const all: readonly Participant[] = [
    ...(typeof initiator === 'string' ? [{ nodeId: initiator, role: 'initiator' } as const] : []),
    ...participants,
  ];
  const rows = all.map(({ nodeId, role = 'participant' }) => ({ eventId: stored.id, nodeId, role }));
  await bulkInsert(executor, eventParticipants, { rows });
  return stored;
}

/** Ends a conflict, once. @throws RepositoryError NotFound; Conflict when it has ended already. */
export async function resolveConflict(
  executor: Executor,
  eventId: string,
  outcome: JsonObject,
): Promise<PowerEvent> {
  return executor.transaction(async (inner) => {
    const started = await inner.first(
      { ...LABELS, method: 'resolveConflict', operation: 'update' },
      sql`update power_dynamics.events set ended_at = coalesce(ended_at, clock_timestamp())
        where id = ${eventId} and kind = 'conflict_started' returning ${events.select()}`,
    );
    if (started === undefined) throw new RepositoryError('NotFound', `there is no conflict ${eventId}`);
    const resolved = await inner.one(
      { ...LABELS, method: 'resolveConflict', operation: 'insert' },
      sql`${insertOne(events, {
        kind: 'conflict_resolved',
        resolvesId: eventId,
        initiatorId: started.initiatorId,
        outcome,
      })} returning ${events.select()}`,
    );
    await inner.run(
      { table: eventParticipants, method: 'resolveConflict', operation: 'insert' },
      sql`insert into power_dynamics.event_participants (event_id, node_id, role)
        select ${resolved.id}::uuid, p.node_id, p.role from power_dynamics.event_participants p
        where p.event_id = ${eventId}`,
    );
    return resolved;
  });
}

/** A page of events with their participants, the latest first. */
export async function recentEvents(
  executor: Executor,
  filter: Filter<PowerEvent>,
  page: PageOptions,
): Promise<Page<EventWithParticipants>> {
  const listing = { method: 'recentEvents', table: events };
  return withParticipants(executor, await listRows(executor, listing, { ...page, filter }));
}

/** A page of the events a node took part in, the latest first. */
export async function nodeEvents(
  executor: Executor,
  { nodeId, roles }: { readonly nodeId: string; readonly roles?: readonly ParticipantRole[] },
  page: PageOptions,
): Promise<Page<EventWithParticipants>> {
  const role = eventParticipants.column('role').facts;
  const inRole = roles === undefined ? raw('') : sql`and p.role = any(${bindList(role, roles)})`;
  const condition = sql`exists (
    select from power_dynamics.event_participants p
    where p.event_id = r.id and p.node_id = ${nodeId} ${inRole})`;
  const listing = { method: 'nodeEvents', table: events, condition };
  return withParticipants(executor, await listRows(executor, listing, page));
}

async function withParticipants(
  executor: Executor,
  { items, next }: Page<PowerEvent>,
): Promise<Page<EventWithParticipants>> {
  const loaded = await loadRelations(executor, eventRelations, { rows: items, names: ['participants'] });
  return { items: loaded, next };
}
