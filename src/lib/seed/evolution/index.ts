import type { Aggregate, DomainSeed, Fixtures, Row, Rows, RowWriter } from '../fixtures.js';
import { agentRow, breed, metricRows, parentRows } from './agents.js';
import { EXPERIMENTS_PER_UNIT, planExperiment } from './experiment.js';
import { experimentRow, generationRow, snapshotRows } from './generations.js';

/** Experiments whose agents are bred from each other, generation by generation. */
export const evolutionSeed: DomainSeed = {
  domain: 'evolution',
  needs: [],
  tables: {
    'evolution.experiments': ['id'],
    'evolution.generations': ['id'],
    'evolution.agents': ['id'],
    'evolution.agent_parents': ['child_id', 'ordinal'],
    'evolution.agent_metrics': ['agent_id', 'round'],
    'evolution.state_snapshots': ['id'],
  },
  roots: { 'evolution.experiments': { id: 'id', key: 'experiment_key' } },
  partitioned: [],
  clockTriggers: { 'evolution.generations': ['zz_touch'] },
  *aggregates(fixtures, unit) {
    for (let i = 0; i < EXPERIMENTS_PER_UNIT; i++)
      yield experimentAggregate(fixtures, unit * EXPERIMENTS_PER_UNIT + i);
  },
  write: writeEvolution,
};

function experimentAggregate(fixtures: Fixtures, n: number): Aggregate {
  const experiment = planExperiment(fixtures, n);
  const agents = breed(fixtures, experiment);
  return {
    root: 'evolution.experiments',
    id: experiment.id,
    key: experiment.key,
    rows: {
      'evolution.experiments': [experimentRow(experiment)],
      'evolution.generations': experiment.generations.map((generation) =>
        generationRow(experiment, generation, agents),
      ),
      'evolution.agents': agents.map((agent) => agentRow(fixtures, experiment, agent)),
      'evolution.agent_parents': agents.flatMap((agent) => parentRows(experiment, agent)),
      'evolution.agent_metrics': agents.flatMap((agent) => metricRows(fixtures, agent)),
      'evolution.state_snapshots': snapshotRows(fixtures, experiment, agents),
    },
  };
}

const STATISTICS = [
  'status',
  'avg_fitness',
  'max_fitness',
  'min_fitness',
  'fitness_stddev',
  'genetic_diversity',
  'improvement_rate',
  'convergence',
  'finished_at',
  'updated_at',
];

/** Generations run one after the other: at most one of an experiment is running. */
async function writeEvolution(writer: RowWriter, rows: Rows): Promise<void> {
  await writer.insert('evolution.experiments', rows['evolution.experiments']);
  const generations = rows['evolution.generations'] ?? [];
  const last = Math.max(...generations.map((row) => Number(row['number'])));
  for (let number = 0; number <= last; number++) {
    const step = generations.filter((row) => row['number'] === number);
    await writer.insert('evolution.generations', step.map(asRunning));
    await writer.insert('evolution.agents', ofGeneration(rows, 'evolution.agents', number));
    const completed = step.filter((row) => row['status'] === 'completed');
    await writer.update('evolution.generations', STATISTICS, completed);
  }
  await writer.insert('evolution.agent_parents', rows['evolution.agent_parents']);
  await writer.insert('evolution.agent_metrics', rows['evolution.agent_metrics']);
  await writer.insert('evolution.state_snapshots', rows['evolution.state_snapshots']);
}

function ofGeneration(rows: Rows, table: string, number: number): readonly Row[] {
  return (rows[table] ?? []).filter((row) => row['generation_number'] === number);
}

function asRunning(row: Row): Row {
  const blank = Object.fromEntries(STATISTICS.map((column) => [column, null]));
  return { ...row, ...blank, status: 'running', updated_at: row['started_at'] };
}
