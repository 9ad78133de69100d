import type { Queryable } from '../../core/database.js';
import { BaseRepository, type Filter, type JsonObject, type Page, type PageOptions } from '../base/index.js';
import type { QueryHooks } from '../base/monitor.js';
import * as coalition from './coalitions.js';
import * as event from './events.js';
import * as ledger from './ledger.js';
import * as metrics from './metrics.js';
import * as network from './network.js';
import * as node from './nodes.js';
import * as relation from './relations.js';
import {
  nodeRelations,
  nodes,
  type Coalition,
  type LedgerEntry,
  type NewPowerNode,
  type NewPowerRelation,
  type NodeMetrics,
  type PowerEvent,
  type PowerNode,
  type PowerRelation,
} from './tables.js';
import type {
  BalanceMismatch,
  Clustering,
  Degree,
  Influence,
  NetworkSummary,
  PowerConcentration,
  PowerTrendPoint,
  Reach,
} from './types.js';
import type { ParticipantRole, PowerNodeKind, RelationKind } from './vocabulary.js';

/** Nodes that hold power, their relations and coalitions, what happens between them, and the ledger of power. */
export class PowerDynamicsRepository extends BaseRepository<typeof nodes, typeof nodeRelations> {
  constructor(db: Queryable, hooks?: QueryHooks) {
    super(db, nodes, { relations: nodeRelations, hooks });
  }

  /** Stores a node and grants it power, an exact decimal as text. */
  async createNode(values: NewPowerNode, options?: { readonly initialPower?: string }): Promise<PowerNode> {
    return node.createNode(this.executor, values, options);
  }

  /** Changes scores; what lies outside 0 to 1 becomes the nearer end. @throws RepositoryError NotFound. */
  async updateScores(
    id: string,
    scores: { readonly influence?: number; readonly reputation?: number },
  ): Promise<PowerNode> {
    return node.updateScores(this.executor, id, scores);
  }

  /** Sets some of a node's resources; null removes one. @throws RepositoryError NotFound. */
  async setResources(id: string, patch: JsonObject): Promise<PowerNode> {
    return node.setResources(this.executor, id, patch);
  }

  /** Takes a node out of play: its power goes to another node, else out of the world. @throws RepositoryError NotFound. */
  async deactivateNode(id: string, options?: { readonly redistributeTo?: string }): Promise<PowerNode> {
    return node.deactivateNode(this.executor, id, options);
  }

  /** The active nodes that have most of something, the first the most. */
  async getTop(ranking: node.NodeRanking, limit = 10): Promise<PowerNode[]> {
    return node.getTop(this.executor, ranking, limit);
  }

  /** A page of the active nodes, the most powerful first. */
  async getActiveNodes(
    filter: { readonly kind?: PowerNodeKind; readonly minPower?: string } = {},
    page: PageOptions = {},
  ): Promise<Page<PowerNode>> {
    return node.getActiveNodes(this.executor, filter, page);
  }

  /** Stores a relation and its event. @throws RepositoryError Conflict when it exists, HierarchyCycle, Reference. */
  async establishRelation(values: NewPowerRelation): Promise<PowerRelation> {
    return relation.establishRelation(this.executor, values);
  }

  /** Closes a live relation. @throws RepositoryError NotFound. */
  async dissolveRelation(id: string): Promise<PowerRelation> {
    return relation.dissolveRelation(this.executor, id);
  }

  /** Changes a live relation. @throws RepositoryError NotFound, Check. */
  async updateStrength(id: string, strength: relation.Strength): Promise<PowerRelation> {
    return relation.updateStrength(this.executor, id, strength);
  }

  /** A node's live relations, the latest first. */
  async getRelations(nodeId: string, search: relation.RelationSearch = {}): Promise<PowerRelation[]> {
    return relation.getRelations(this.executor, nodeId, search);
  }

  /** Every relation there ever was between two nodes, the latest first. */
  async relationHistory(a: string, b: string): Promise<PowerRelation[]> {
    return relation.relationHistory(this.executor, a, b);
  }

  /** Moves power from a node to another, once for each key. @throws RepositoryError Check, InactiveNode, Reference. */
  async transferPower({
    from,
    to,
    ...movement
  }: ledger.Movement & { readonly from: string; readonly to: string }): Promise<LedgerEntry> {
    return ledger.enter(this.executor, { ...movement, kind: 'transfer', fromId: from, toId: to });
  }

  /** Creates power, once for each key. @throws RepositoryError InactiveNode, Reference. */
  async grant({ to, ...movement }: ledger.Movement & { readonly to: string }): Promise<LedgerEntry> {
    return ledger.enter(this.executor, { ...movement, kind: 'grant', toId: to });
  }

  /** Destroys power, once for each key. @throws RepositoryError Check, InactiveNode, Reference. */
  async revoke({ from, ...movement }: ledger.Movement & { readonly from: string }): Promise<LedgerEntry> {
    return ledger.enter(this.executor, { ...movement, kind: 'revoke', fromId: from });
  }

  /** A page of the entries that touched a node, the latest first. */
  async getLedger(nodeId: string, page: PageOptions = {}): Promise<Page<LedgerEntry>> {
    return ledger.getLedger(this.executor, nodeId, page);
  }

  /** The nodes whose balance is not the sum of their entries. */
  async auditBalances(): Promise<BalanceMismatch[]> {
    return ledger.auditBalances(this.executor);
  }

  /** Forms a coalition of active nodes. @throws RepositoryError NotFound, InactiveNode, CoalitionSize. */
  async formCoalition(values: coalition.NewCoalition): Promise<Coalition> {
    return coalition.formCoalition(this.executor, values);
  }

  /** Takes a node into a live coalition. @throws RepositoryError NotFound, InactiveNode, Conflict. */
  async joinCoalition(id: string, nodeId: string, options: coalition.JoinOptions = {}): Promise<void> {
    return coalition.joinCoalition(this.executor, { id, nodeId }, options);
  }

  /** Lets a node go. @throws RepositoryError NotFound; CoalitionSize when too few would remain. */
  async leaveCoalition(id: string, nodeId: string): Promise<void> {
    return coalition.leaveCoalition(this.executor, { id, nodeId });
  }

  /** Ends a coalition with its memberships and collaborations. @throws RepositoryError NotFound. */
  async dissolveCoalition(id: string, reason: string): Promise<Coalition> {
    return coalition.dissolveCoalition(this.executor, id, reason);
  }

  /** A page of coalitions with their members, the latest first; of a node, of live or of dissolved ones. */
  async getCoalitions(
    filter: { readonly nodeId?: string; readonly live?: boolean } = {},
    page: PageOptions = {},
  ): Promise<Page<coalition.CoalitionWithMembers>> {
    return coalition.getCoalitions(this.executor, filter, page);
  }

  /** Stores an event and who took part. */
  async recordEvent(values: event.NewPowerEvent): Promise<PowerEvent> {
    return event.recordEvent(this.executor, values);
  }

  /** Records that a conflict has begun between the initiator and the others. */
  async startConflict(
    initiatorId: string,
    others: readonly string[],
    values: { readonly data?: JsonObject; readonly impactScore?: number } = {},
  ): Promise<PowerEvent> {
    const participants = others.map((nodeId) => ({ nodeId }));
    return event.recordEvent(this.executor, {
      ...values,
      kind: 'conflict_started',
      initiatorId,
      participants,
    });
  }

  /** Ends a conflict, once. @throws RepositoryError NotFound; Conflict when it has ended already. */
  async resolveConflict(eventId: string, outcome: JsonObject): Promise<PowerEvent> {
    return event.resolveConflict(this.executor, eventId, outcome);
  }

  /** A page of events with their participants, the latest first. */
  async recentEvents(
    filter: Filter<PowerEvent> = {},
    page: PageOptions = {},
  ): Promise<Page<event.EventWithParticipants>> {
    return event.recentEvents(this.executor, filter, page);
  }

  /** A page of the events a node took part in, the latest first. */
  async nodeEvents(
    nodeId: string,
    { roles }: { readonly roles?: readonly ParticipantRole[] } = {},
    page: PageOptions = {},
  ): Promise<Page<event.EventWithParticipants>> {
    return event.nodeEvents(this.executor, { nodeId, ...(roles === undefined ? {} : { roles }) }, page);
  }

  /** How connected each active node is, the most connected first. */
  async degreeCentrality(options?: { readonly kinds?: readonly RelationKind[] }): Promise<Degree[]> {
    return network.degreeCentrality(this.executor, options);
  }

  /** The network of active nodes and live relations as a whole. */
  async networkSummary(): Promise<NetworkSummary> {
    return network.networkSummary(this.executor);
  }

  /** Every node that can be reached in so many steps (12), the nearest first. */
  async reachable(from: string, options?: network.WalkOptions): Promise<Reach[]> {
    return network.reachable(this.executor, from, options);
  }

  /** The ids along a shortest path of at most so many steps (12), both ends included; null when there is none. */
  async shortestPath(from: string, to: string, options?: network.WalkOptions): Promise<string[] | null> {
    return network.shortestPath(this.executor, { from, to }, options);
  }

  /** Whom a node influences along so many steps (3), the most influenced first. */
  async influenceFrom(id: string, options?: network.WalkOptions): Promise<Influence[]> {
    return network.influenceFrom(this.executor, id, options);
  }

  /** The nodes above a node in the hierarchy, the nearest first. */
  async chainOfCommand(id: string): Promise<Reach[]> {
    return network.hierarchy(this.executor, id, 'up');
  }

  /** The nodes below a node in the hierarchy, the nearest first. */
  async subordinates(id: string): Promise<Reach[]> {
    return network.hierarchy(this.executor, id, 'down');
  }

  /** How close the neighbours of each active node are to each other. */
  async clustering(): Promise<Clustering[]> {
    return network.clustering(this.executor);
  }

  /** Measures the position of every active node and stores it; returns the number of nodes. */
  async computeNetworkMetrics(options?: metrics.MeasureOptions): Promise<number> {
    return metrics.computeNetworkMetrics(this.executor, options);
  }

  /** How unequal power is among the active nodes. */
  async powerConcentration(): Promise<PowerConcentration> {
    return network.powerConcentration(this.executor);
  }

  /** A node's measurements from `from` until before `to`, the first first. */
  async metricsHistory(nodeId: string, from: Date, to: Date): Promise<NodeMetrics[]> {
    return metrics.metricsHistory(this.executor, nodeId, { from, to });
  }

  /** A node's power over time. */
  async powerTrend(
    nodeId: string,
    span: { readonly from: Date; readonly to: Date; readonly bucketMs: number },
  ): Promise<PowerTrendPoint[]> {
    return metrics.powerTrend(this.executor, nodeId, span);
  }
}
