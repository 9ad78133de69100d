import type { DomainSeed, Row, Rows, RowWriter } from '../fixtures.js';
import { executionAggregate, EXECUTIONS_PER_UNIT } from './executions.js';
import { checkpointAggregates, stateAggregates, STATE_VERSIONS } from './states.js';

/** Executions with their metrics, state and checkpoints; configurations are reference data. */
export const frameworkSeed: DomainSeed = {
  domain: 'framework',
  needs: ['verification'],
  tables: {
    'framework.executions': ['id'],
    'framework.execution_metrics': ['execution_id'],
    'framework.metric_samples': ['sampled_at', 'execution_id', 'metric'],
    'framework.state_heads': ['framework', 'state_key'],
    'framework.states': ['framework', 'state_key', 'version'],
    'framework.checkpoints': ['id'],
    'framework.checkpoint_entries': ['checkpoint_id', 'state_key'],
  },
  roots: {
    'framework.executions': { id: 'id', key: 'execution_key' },
    'framework.state_heads': { id: 'state_key', key: 'state_key' },
    'framework.checkpoints': { id: 'id', key: 'id' },
  },
  partitioned: ['framework.metric_samples'],
  clockTriggers: { 'framework.executions': ['zz_touch'] },
  *aggregates(fixtures, unit) {
    for (let i = 0; i < EXECUTIONS_PER_UNIT; i++)
      yield executionAggregate(fixtures, unit * EXECUTIONS_PER_UNIT + i);
    if (unit > 0) return;
    yield* stateAggregates(fixtures);
    yield* checkpointAggregates(fixtures);
  },
  write: writeFramework,
};

const LIFE_CYCLE = [
  'status',
  'output',
  'worker',
  'heartbeat_at',
  'started_at',
  'finished_at',
  'error_type',
  'error_message',
  'updated_at',
];

async function writeFramework(writer: RowWriter, rows: Rows): Promise<void> {
  await writeExecutions(writer, await withConfigs(writer, rows['framework.executions'] ?? []));
  await writer.insert('framework.execution_metrics', rows['framework.execution_metrics']);
  await writer.insert('framework.metric_samples', rows['framework.metric_samples']);
  await writeStates(writer, rows);
  await writer.insert('framework.checkpoints', rows['framework.checkpoints']);
  await writer.insert('framework.checkpoint_entries', rows['framework.checkpoint_entries']);
}

/** Each execution is queued, taken up and finished. */
async function writeExecutions(writer: RowWriter, executions: readonly Row[]): Promise<void> {
  await writer.insert('framework.executions', executions.map(asQueued));
  const begun = executions.filter((row) => row['started_at'] !== null);
  await writer.update('framework.executions', LIFE_CYCLE, begun.map(asRunning));
  const finished = executions.filter((row) => row['finished_at'] !== null);
  await writer.update('framework.executions', LIFE_CYCLE, finished);
}

/** An installation that had a configuration of its own keeps it; executions refer to the one that is there. */
async function withConfigs({ sql }: RowWriter, executions: readonly Row[]): Promise<readonly Row[]> {
  const configs = await sql<{ id: string; framework: string; version: string }[]>`
    select distinct on (c.framework, c.framework_version)
           c.id, c.framework::text as framework, c.framework_version as version
      from framework.configs c
     where c.environment = 'default'
     order by c.framework, c.framework_version, c.revision`;
  const ids = new Map(configs.map(({ id, framework, version }) => [`${framework} ${version}`, id]));
  return executions.map((row) => ({
    ...row,
    config_id: ids.get(`${String(row['framework'])} ${String(row['framework_version'])}`) ?? null,
  }));
}

/** Heads rise one by one, each to the version that is saved next. */
async function writeStates(writer: RowWriter, rows: Rows): Promise<void> {
  const heads = rows['framework.state_heads'] ?? [];
  for (let version = 1; version <= STATE_VERSIONS; version++) {
    const raised = heads.map((head) => ({ ...head, current_version: version }));
    await (version === 1
      ? writer.insert('framework.state_heads', raised)
      : writer.update('framework.state_heads', ['current_version'], raised));
    const saved = (rows['framework.states'] ?? []).filter((state) => state['version'] === version);
    await writer.insert('framework.states', saved);
  }
}

function asQueued(row: Row): Row {
  return {
    ...row,
    status: 'queued',
    output: null,
    worker: null,
    heartbeat_at: null,
    started_at: null,
    finished_at: null,
    error_type: null,
    error_message: null,
  };
}

function asRunning(row: Row): Row {
  return {
    ...row,
    status: 'running',
    output: null,
    finished_at: null,
    error_type: null,
    error_message: null,
  };
}
