import {
  bigint,
  boolean,
  bytea,
  defineTable,
  float4,
  float8,
  integer,
  json,
  jsonArray,
  jsonObject,
  label,
  numeric,
  smallint,
  standardColumns,
  text,
  timestamptz,
  toMany,
  toOne,
  uuid,
  type NewRow,
  type Row,
} from '../base/index.js';
import { requests } from '../verification/tables.js';
import { frameworkKind } from '../vocabulary.js';
import { checkpointKind, configStatus, executionStatus, stateKind } from './vocabulary.js';

/** Revisions of each framework's configuration. */
export const configs = defineTable(
  'framework.configs',
  {
    id: uuid().withDefault().fixed(),
    framework: label(frameworkKind).fixed(),
    environment: text().withDefault().fixed(),
    revision: integer().managed().sortable(),
    frameworkVersion: text(),
    data: jsonObject(),
    dataSha256: bytea().managed(),
    status: label(configStatus).managed(),
    copiedFromId: uuid().nullable().managed(),
    isValid: boolean().nullable().managed(),
    validationErrors: jsonArray().managed(),
    validatedAt: timestamptz().nullable().managed(),
    comment: text().nullable(),
    createdBy: text().withDefault().fixed(),
    activatedAt: timestamptz().nullable().managed(),
    retiredAt: timestamptz().nullable().managed(),
    ...standardColumns(),
  },
  { order: [['revision', 'desc']] },
);
export type Config = Row<typeof configs>;
export type NewConfig = NewRow<typeof configs>;

/** Runs of a framework and the queue of those to come. */
export const executions = defineTable(
  'framework.executions',
  {
    id: uuid().withDefault().fixed(),
    executionKey: text().fixed(),
    framework: label(frameworkKind).fixed(),
    frameworkVersion: text().fixed(),
    configId: uuid().nullable().fixed(),
    requestId: uuid().nullable().fixed(),
    retryOfId: uuid().nullable().managed(),
    attempt: smallint().managed(),
    status: label(executionStatus).managed(),
    input: jsonObject().withDefault().fixed(),
    output: json().nullable().managed(),
    worker: text().nullable().managed(),
    heartbeatAt: timestamptz().nullable().managed(),
    startedAt: timestamptz().nullable().managed(),
    finishedAt: timestamptz().nullable().managed(),
    durationMs: bigint().nullable().managed(),
    cpuPercent: float4().nullable().managed(),
    memoryMb: float4().nullable().managed(),
    gpuPercent: float4().nullable().managed(),
    errorType: text().nullable().managed(),
    errorMessage: text().nullable().managed(),
    metadata: jsonObject().withDefault(),
    ...standardColumns(),
  },
  { order: [['createdAt', 'desc']] },
);
export type Execution = Row<typeof executions>;

/** Quality, latency and cost of one execution. */
export const executionMetrics = defineTable(
  'framework.execution_metrics',
  {
    executionId: uuid().fixed(),
    accuracy: float8().nullable(),
    precision: float8().nullable(),
    recall: float8().nullable(),
    f1Score: float8().nullable(),
    latencyP50Ms: float8().nullable(),
    latencyP95Ms: float8().nullable(),
    latencyP99Ms: float8().nullable(),
    throughputPerS: float8().nullable(),
    tokensProcessed: bigint().nullable(),
    costEstimate: numeric().nullable(),
    extra: jsonObject().withDefault(),
    recordedAt: timestamptz().withDefault(),
  },
  { key: ['executionId'] },
);
export type ExecutionMetrics = Row<typeof executionMetrics>;
export type NewExecutionMetrics = Omit<NewRow<typeof executionMetrics>, 'executionId'>;

/** Time series of framework metrics. */
export const metricSamples = defineTable(
  'framework.metric_samples',
  {
    sampleId: bigint().managed(),
    sampledAt: timestamptz().withDefault().fixed().sortable(),
    framework: label(frameworkKind).fixed(),
    executionId: uuid().nullable().fixed(),
    metric: text().fixed(),
    value: float8().fixed(),
    labels: jsonObject().withDefault().fixed(),
  },
  { key: ['sampledAt', 'sampleId'] },
);
export type NewSample = NewRow<typeof metricSamples>;

/** Immutable versions of a framework's state. */
export const states = defineTable(
  'framework.states',
  {
    framework: label(frameworkKind).fixed(),
    stateKey: text().fixed(),
    version: integer().fixed().sortable(),
    kind: label(stateKind).fixed(),
    value: json().nullable().fixed(),
    uri: text().nullable().fixed(),
    checksumSha256: bytea().nullable().fixed(),
    sizeBytes: bigint().nullable().fixed(),
    expiresAt: timestamptz().nullable().fixed(),
    restoredFrom: integer().nullable().fixed(),
    createdBy: text().withDefault().fixed(),
    createdAt: timestamptz().managed(),
  },
  { key: ['framework', 'stateKey', 'version'], order: [['version', 'desc']] },
);
export type State = Row<typeof states>;

/** The current version of each state. */
export const stateHeads = defineTable(
  'framework.state_heads',
  {
    framework: label(frameworkKind).fixed(),
    stateKey: text().fixed(),
    currentVersion: integer(),
    updatedAt: timestamptz().withDefault(),
  },
  { key: ['framework', 'stateKey'] },
);

/** Named sets of exact state versions. */
export const checkpoints = defineTable(
  'framework.checkpoints',
  {
    id: uuid().withDefault().fixed(),
    framework: label(frameworkKind).fixed(),
    label: text(),
    kind: label(checkpointKind).withDefault(),
    executionId: uuid().nullable(),
    step: bigint().nullable(),
    metrics: jsonObject().withDefault(),
    isPinned: boolean().withDefault(),
    createdAt: timestamptz().managed().sortable(),
  },
  { order: [['createdAt', 'desc']] },
);
export type Checkpoint = Row<typeof checkpoints>;

/** The versions that belong to a checkpoint. */
export const checkpointEntries = defineTable(
  'framework.checkpoint_entries',
  { checkpointId: uuid(), framework: label(frameworkKind), stateKey: text(), version: integer() },
  { key: ['checkpointId', 'stateKey'] },
);

/** What can be loaded along with an execution. */
export const executionRelations = {
  metrics: toOne(executionMetrics, { from: 'id', to: 'executionId' }),
  config: toOne(configs, { from: 'configId', to: 'id' }),
  request: toOne(requests, { from: 'requestId', to: 'id' }),
  retries: toMany(executions, { to: 'retryOfId', order: [['createdAt', 'asc']] }),
};
