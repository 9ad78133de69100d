import { vocabulary, type LabelOf } from '../base/index.js';

/** What holds power. */
export const nodeKind = vocabulary('power_dynamics.node_kind', ['agent', 'human', 'system', 'organization']);
export type PowerNodeKind = LabelOf<typeof nodeKind>;

/** collaborative and competitive are symmetric; hierarchical (source above target) has no cycle. */
export const relationKind = vocabulary('power_dynamics.relation_kind', [
  'hierarchical',
  'collaborative',
  'competitive',
  'dependency',
  'influence',
]);
export type RelationKind = LabelOf<typeof relationKind>;

/** What happened. */
export const eventKind = vocabulary('power_dynamics.event_kind', [
  'power_transfer',
  'coalition_formed',
  'coalition_dissolved',
  'conflict_started',
  'conflict_resolved',
  'influence_change',
  'coalition_joined',
  'coalition_left',
  'relation_established',
  'relation_dissolved',
  'node_deactivated',
]);
export type PowerEventKind = LabelOf<typeof eventKind>;

/** The part a node has in an event. */
export const participantRole = vocabulary('power_dynamics.participant_role', [
  'initiator',
  'participant',
  'affected',
]);
export type ParticipantRole = LabelOf<typeof participantRole>;

/** grant creates power, revoke destroys it, transfer moves it. */
export const entryKind = vocabulary('power_dynamics.entry_kind', ['grant', 'revoke', 'transfer']);
export type LedgerEntryKind = LabelOf<typeof entryKind>;
