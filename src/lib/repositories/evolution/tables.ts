import {
  arrayOf,
  bigint,
  boolean,
  bytea,
  defineTable,
  float8,
  integer,
  jsonArray,
  jsonObject,
  label,
  smallint,
  standardColumns,
  text,
  textArray,
  timestamptz,
  toMany,
  toOne,
  uuid,
  type NewRow,
  type Row,
} from '../base/index.js';
import {
  agentOrigin,
  agentStatus,
  experimentStatus,
  generationStatus,
  mutationKind,
  selectionStrategy,
  snapshotKind,
} from './vocabulary.js';

/** Populations and the rules they evolve by. */
export const experiments = defineTable(
  'evolution.experiments',
  {
    id: uuid().withDefault().fixed(),
    experimentKey: text().fixed(),
    title: text().nullable(),
    status: label(experimentStatus).withDefault(),
    populationSize: integer(),
    eliteSize: integer().withDefault(),
    selectionStrategy: label(selectionStrategy),
    selectionParams: jsonObject().withDefault(),
    mutationRate: float8().withDefault(),
    crossoverRate: float8().withDefault(),
    mutationKinds: arrayOf(label(mutationKind)).withDefault(),
    rngSeed: bigint().withDefault(),
    params: jsonObject().withDefault(),
    ...standardColumns(),
  },
  { order: [['createdAt', 'desc']] },
);
export type Experiment = Row<typeof experiments>;
export type NewExperiment = NewRow<typeof experiments>;

/** Steps of an experiment, numbered from 0 without gaps. */
export const generations = defineTable(
  'evolution.generations',
  {
    id: uuid().withDefault().fixed(),
    experimentId: uuid().fixed(),
    number: integer().fixed().sortable(),
    previousNumber: integer().nullable().managed(),
    status: label(generationStatus).managed(),
    populationSize: integer(),
    params: jsonObject().withDefault(),
    avgFitness: float8().nullable().managed(),
    maxFitness: float8().nullable().managed(),
    minFitness: float8().nullable().managed(),
    fitnessStddev: float8().nullable().managed(),
    geneticDiversity: float8().nullable().managed(),
    improvementRate: float8().nullable().managed(),
    convergence: float8().nullable().managed(),
    startedAt: timestamptz().nullable().managed(),
    finishedAt: timestamptz().nullable().managed(),
    ...standardColumns(),
  },
  { order: [['number', 'desc']] },
);
export type Generation = Row<typeof generations>;

/** Individuals of a generation; the genome is fixed. */
export const agents = defineTable('evolution.agents', {
  id: uuid().withDefault().fixed(),
  agentKey: text().fixed(),
  experimentId: uuid().fixed(),
  generationId: uuid().fixed(),
  generationNumber: integer().fixed(),
  slot: integer().fixed(),
  origin: label(agentOrigin).withDefault().fixed(),
  status: label(agentStatus).withDefault(),
  genome: jsonObject().fixed(),
  genomeSha256: bytea().managed(),
  phenotype: jsonObject().withDefault(),
  mutations: jsonArray().withDefault(),
  capabilities: textArray().withDefault(),
  fitness: float8().nullable().managed().sortable(),
  evaluatedAt: timestamptz().nullable().managed(),
  taskSuccessRate: float8().nullable(),
  adaptability: float8().nullable(),
  innovation: float8().nullable(),
  stability: float8().nullable(),
  lineageDepth: integer().managed(),
  metadata: jsonObject().withDefault(),
  ...standardColumns(),
});
export type Agent = Row<typeof agents>;

/** Lineage: who descends from whom. */
export const agentParents = defineTable(
  'evolution.agent_parents',
  {
    childId: uuid(),
    ordinal: smallint(),
    parentId: uuid(),
    experimentId: uuid(),
    childGeneration: integer(),
    parentGeneration: integer(),
  },
  { key: ['childId', 'ordinal'] },
);

/** An agent's measurements by round. */
export const agentMetrics = defineTable(
  'evolution.agent_metrics',
  {
    agentId: uuid().fixed(),
    round: integer().fixed().sortable(),
    fitness: float8().nullable(),
    tasksCompleted: integer().withDefault(),
    tasksFailed: integer().withDefault(),
    avgTaskMs: float8().nullable(),
    explorationRate: float8().nullable(),
    cooperation: float8().nullable(),
    robustness: float8().nullable(),
    environmentFitness: jsonObject().withDefault(),
    extra: jsonObject().withDefault(),
    recordedAt: timestamptz().withDefault(),
  },
  { key: ['agentId', 'round'], order: [['round', 'asc']] },
);
export type AgentMetrics = Row<typeof agentMetrics>;
export type NewAgentMetrics = NewRow<typeof agentMetrics>;

/** What it takes to go on from a generation. */
export const stateSnapshots = defineTable(
  'evolution.state_snapshots',
  {
    id: uuid().withDefault(),
    experimentId: uuid(),
    generationId: uuid(),
    generationNumber: integer().sortable(),
    kind: label(snapshotKind).withDefault(),
    params: jsonObject(),
    rngState: jsonObject().withDefault(),
    elite: jsonArray().withDefault(),
    populationSha256: bytea(),
    bestFitness: float8().nullable(),
    diversity: float8().nullable(),
    uri: text().nullable(),
    checksumSha256: bytea().nullable(),
    isRestorable: boolean().withDefault(),
    createdAt: timestamptz().managed(),
  },
  { order: [['generationNumber', 'desc']] },
);
export type Snapshot = Row<typeof stateSnapshots>;

/** What can be loaded along with an experiment. */
export const experimentRelations = {
  generations: toMany(generations, { to: 'experimentId', order: [['number', 'asc']] }),
  latestGeneration: toMany(generations, { to: 'experimentId', order: [['number', 'desc']], limit: 1 }),
  snapshots: toMany(stateSnapshots, { to: 'experimentId', order: [['generationNumber', 'asc']] }),
};

/** What can be loaded along with an agent. */
export const agentRelations = {
  generation: toOne(generations, { from: 'generationId', to: 'id' }),
  parents: toMany(agentParents, { to: 'childId' }),
  metrics: toMany(agentMetrics, { to: 'agentId', order: [['round', 'asc']] }),
};
