import {
  bigint,
  boolean,
  defineTable,
  float8,
  integer,
  json,
  jsonObject,
  label,
  numeric,
  smallint,
  standardColumns,
  text,
  textArray,
  timestamptz,
  toMany,
  uuid,
  type NewRow,
  type Row,
} from '../base/index.js';
import { entryKind, eventKind, nodeKind, participantRole, relationKind } from './vocabulary.js';

/** Whoever holds power. */
export const nodes = defineTable('power_dynamics.nodes', {
  id: uuid().withDefault().fixed(),
  nodeKey: text().fixed().sortable(),
  kind: label(nodeKind).fixed(),
  displayName: text().nullable(),
  power: numeric().managed().sortable(),
  influenceScore: float8().withDefault(),
  reputationScore: float8().withDefault(),
  capabilities: textArray().withDefault(),
  resources: jsonObject().withDefault(),
  isActive: boolean().managed(),
  lastActiveAt: timestamptz().nullable(),
  metadata: jsonObject().withDefault(),
  ...standardColumns(),
});
export type PowerNode = Row<typeof nodes>;
export type NewPowerNode = NewRow<typeof nodes>;

/** Nodes that act together. */
export const coalitions = defineTable(
  'power_dynamics.coalitions',
  {
    id: uuid().withDefault().fixed(),
    coalitionKey: text().fixed(),
    name: text(),
    purpose: text().nullable(),
    founderId: uuid().fixed(),
    minMembers: smallint().withDefault(),
    formedAt: timestamptz().withDefault().fixed().sortable(),
    dissolvedAt: timestamptz().nullable().managed(),
    dissolutionReason: text().nullable().managed(),
    data: jsonObject().withDefault(),
    ...standardColumns(),
  },
  { order: [['formedAt', 'desc']] },
);
export type Coalition = Row<typeof coalitions>;

/** Spells of membership. */
export const coalitionMembers = defineTable('power_dynamics.coalition_members', {
  id: bigint().managed(),
  coalitionId: uuid().fixed(),
  nodeId: uuid().fixed(),
  joinedAt: timestamptz().withDefault().fixed(),
  leftAt: timestamptz().nullable(),
  contribution: numeric().withDefault(),
});
export type CoalitionMember = Row<typeof coalitionMembers>;

/** Directed relations; closed, not deleted. */
export const relations = defineTable(
  'power_dynamics.relations',
  {
    id: uuid().withDefault().fixed(),
    sourceId: uuid().fixed(),
    targetId: uuid().fixed(),
    kind: label(relationKind).fixed(),
    strength: float8().withDefault(),
    reciprocity: float8().withDefault(),
    influenceWeight: float8().withDefault(),
    resourceFlow: jsonObject().withDefault(),
    coalitionId: uuid().nullable(),
    establishedAt: timestamptz().withDefault().fixed().sortable(),
    dissolvedAt: timestamptz().nullable().managed(),
    metadata: jsonObject().withDefault(),
    ...standardColumns(),
  },
  { order: [['establishedAt', 'desc']] },
);
export type PowerRelation = Row<typeof relations>;
export type NewPowerRelation = NewRow<typeof relations>;

/** What happened between nodes. */
export const events = defineTable(
  'power_dynamics.events',
  {
    id: uuid().withDefault().fixed(),
    kind: label(eventKind).fixed(),
    initiatorId: uuid().nullable().fixed(),
    coalitionId: uuid().nullable().fixed(),
    resolvesId: uuid().nullable().fixed(),
    data: jsonObject().withDefault(),
    outcome: json().nullable(),
    impactScore: float8().withDefault(),
    startedAt: timestamptz().withDefault().fixed().sortable(),
    endedAt: timestamptz().nullable(),
  },
  { order: [['startedAt', 'desc']] },
);
export type PowerEvent = Row<typeof events>;

/** Who took part in an event. */
export const eventParticipants = defineTable(
  'power_dynamics.event_participants',
  { eventId: uuid(), nodeId: uuid(), role: label(participantRole).withDefault() },
  { key: ['eventId', 'nodeId', 'role'] },
);

/** The only way power moves. */
export const ledger = defineTable(
  'power_dynamics.ledger',
  {
    id: bigint().managed(),
    entryKey: text().fixed(),
    kind: label(entryKind).fixed(),
    fromId: uuid().nullable().fixed(),
    toId: uuid().nullable().fixed(),
    amount: numeric().fixed(),
    fromBalance: numeric().nullable().managed(),
    toBalance: numeric().nullable().managed(),
    eventId: uuid().nullable().fixed(),
    reason: text().nullable().fixed(),
    createdAt: timestamptz().managed(),
  },
  { order: [['id', 'desc']] },
);
export type LedgerEntry = Row<typeof ledger>;

/** Position of each node in the network over time. */
export const nodeMetrics = defineTable(
  'power_dynamics.node_metrics',
  {
    nodeId: uuid(),
    measuredAt: timestamptz().withDefault().sortable(),
    power: numeric(),
    powerShare: float8(),
    influenceScore: float8(),
    reputationScore: float8(),
    inDegree: integer(),
    outDegree: integer(),
    degreeCentrality: float8(),
    strengthSum: float8(),
    clustering: float8().nullable(),
    betweenness: float8().nullable(),
    pagerank: float8().nullable(),
    coalitionCount: integer(),
    conflictCount: integer(),
  },
  { key: ['nodeId', 'measuredAt'], order: [['measuredAt', 'asc']] },
);
export type NodeMetrics = Row<typeof nodeMetrics>;

/** What can be loaded along with a node. */
export const nodeRelations = {
  outgoing: toMany(relations, { to: 'sourceId', order: [['establishedAt', 'desc']] }),
  incoming: toMany(relations, { to: 'targetId', order: [['establishedAt', 'desc']] }),
  memberships: toMany(coalitionMembers, { to: 'nodeId' }),
  latestMetrics: toMany(nodeMetrics, { to: 'nodeId', order: [['measuredAt', 'desc']], limit: 1 }),
};

/** What can be loaded along with an event. */
export const eventRelations = { participants: toMany(eventParticipants, { to: 'eventId' }) };

/** What can be loaded along with a coalition. */
export const coalitionRelations = { members: toMany(coalitionMembers, { to: 'coalitionId' }) };
