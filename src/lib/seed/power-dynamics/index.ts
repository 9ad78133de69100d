import type { Aggregate, DomainSeed, Fixtures, Rows, RowWriter } from '../fixtures.js';
import { coalitionRow, memberRows, planCoalitions } from './coalitions.js';
import { eventRow, participantRows, planEvents } from './events.js';
import { ledgerRow, planLedger } from './ledger.js';
import { metricRows, type Network } from './metrics.js';
import { nodeRow, NODES_PER_UNIT, planNode } from './nodes.js';
import { relationRows } from './relations.js';

/** Who holds power, how they relate, and the ledger through which power moved. */
export const powerDynamicsSeed: DomainSeed = {
  domain: 'power_dynamics',
  needs: [],
  tables: {
    'power_dynamics.nodes': ['id'],
    'power_dynamics.node_metrics': ['node_id', 'measured_at'],
    'power_dynamics.relations': ['id'],
    'power_dynamics.coalitions': ['id'],
    'power_dynamics.coalition_members': ['coalition_id', 'node_id', 'joined_at'],
    'power_dynamics.events': ['id'],
    'power_dynamics.event_participants': ['event_id', 'node_id', 'role'],
    'power_dynamics.ledger': ['entry_key'],
  },
  roots: {
    'power_dynamics.nodes': { id: 'id', key: 'node_key' },
    'power_dynamics.relations': { id: 'id', key: 'id' },
    'power_dynamics.coalitions': { id: 'id', key: 'coalition_key' },
    'power_dynamics.events': { id: 'id', key: 'id' },
    'power_dynamics.ledger': { id: 'entry_key', key: 'entry_key' },
  },
  partitioned: ['power_dynamics.node_metrics'],
  clockTriggers: { 'power_dynamics.nodes': ['zz_touch'] },
  *aggregates(fixtures, unit) {
    const network = planNetwork(fixtures, unit);
    yield* nodeAggregates(fixtures, network);
    for (const row of network.relations)
      yield {
        root: 'power_dynamics.relations',
        id: row.id,
        key: row.id,
        rows: { 'power_dynamics.relations': [row] },
      };
    yield* coalitionAggregates(network);
    yield* eventAggregates(network);
    yield* ledgerAggregates(network);
  },
  write: writePower,
};

function planNetwork(fixtures: Fixtures, unit: number): Network {
  const nodes = Array.from({ length: NODES_PER_UNIT }, (_, i) =>
    planNode(fixtures, unit * NODES_PER_UNIT + i),
  );
  const entries = planLedger(fixtures, unit, nodes);
  const coalitions = planCoalitions(fixtures, unit, nodes);
  const material = { unit, nodes, entries, coalitions };
  return {
    ...material,
    relations: nodes.flatMap((node) => relationRows(fixtures, node)),
    events: planEvents(fixtures, material),
  };
}

function nodeAggregates(fixtures: Fixtures, network: Network): Aggregate[] {
  return network.nodes.map((node) => ({
    root: 'power_dynamics.nodes',
    id: node.id,
    key: node.key,
    rows: {
      'power_dynamics.nodes': [nodeRow(fixtures, node)],
      'power_dynamics.node_metrics': metricRows(fixtures, network, node),
    },
  }));
}

function coalitionAggregates({ coalitions }: Network): Aggregate[] {
  return coalitions.map((coalition) => {
    const row = coalitionRow(coalition);
    return {
      root: 'power_dynamics.coalitions',
      id: row.id,
      key: row.coalition_key,
      rows: { 'power_dynamics.coalitions': [row], 'power_dynamics.coalition_members': memberRows(coalition) },
    };
  });
}

function eventAggregates({ events }: Network): Aggregate[] {
  return events.map((event) => ({
    root: 'power_dynamics.events',
    id: event.id,
    key: event.id,
    rows: {
      'power_dynamics.events': [eventRow(event)],
      'power_dynamics.event_participants': participantRows(event),
    },
  }));
}

function ledgerAggregates({ entries, events }: Network): Aggregate[] {
  const explained = new Map(events.map(({ entryKey, id }) => [entryKey, id]));
  return entries.map((entry) => ({
    root: 'power_dynamics.ledger',
    id: entry.key,
    key: entry.key,
    rows: { 'power_dynamics.ledger': [ledgerRow(entry, explained.get(entry.key))] },
  }));
}

/** All through the guards as they stand: power moves by the ledger's own trigger, entry by entry. */
async function writePower(writer: RowWriter, rows: Rows): Promise<void> {
  for (const table of Object.keys(powerDynamicsSeed.tables)) await writer.insert(table, rows[table]);
}
