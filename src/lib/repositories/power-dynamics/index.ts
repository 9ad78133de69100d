export { PowerDynamicsRepository } from './power-dynamics-repository.js';
export type { CoalitionWithMembers, JoinOptions, NewCoalition } from './coalitions.js';
export type { EventWithParticipants, NewPowerEvent, Participant } from './events.js';
export type { Movement } from './ledger.js';
export type { MeasureOptions } from './metrics.js';
export type { WalkOptions } from './network.js';
export type { NodeRanking } from './nodes.js';
export type { RelationSearch, Strength } from './relations.js';
export type {
  Coalition,
  CoalitionMember,
  LedgerEntry,
  NewPowerNode,
  NewPowerRelation,
  NodeMetrics,
  PowerEvent,
  PowerNode,
  PowerRelation,
} from './tables.js';
export type * from './types.js';
export type * from './vocabulary.js';
