import { Counter, Gauge, Registry, type RegistryContentType } from 'prom-client';
import { DATABASE_FAMILIES } from './database-families.js';
import type { Family, Observed, Sample } from './family.js';
import { REPLICATION_FAMILIES } from './replication-families.js';
import { SESSION_FAMILIES } from './session-families.js';
import { TOOLKIT_FAMILIES } from './toolkit-families.js';

/** Every metric that is read off an examination. */
export const FAMILIES: readonly Family[] = [
  ...SESSION_FAMILIES,
  ...DATABASE_FAMILIES,
  ...REPLICATION_FAMILIES,
  ...TOOLKIT_FAMILIES,
];

/** Series beyond this are left out and counted: a label must not bring Prometheus down. */
const MAX_SERIES = 5_000;
const MAX_LABEL_LENGTH = 128;

/** What there is to tell: several examinations of one server, or that it is not reachable. */
export interface Observation {
  readonly up: boolean;
  /** The later one wins where two have the same family. */
  readonly examinations: readonly Observed[];
  /** How long the latest examination took. */
  readonly durationMs: number;
}

export interface RenderedMetrics {
  readonly text: string;
  readonly contentType: string;
  readonly series: number;
}

/** The observation in Prometheus' text format 0.0.4, or in OpenMetrics 1.0. */
export async function renderMetrics(observation: Observation, openMetrics = false): Promise<RenderedMetrics> {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(openMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE);
  const registers = [registry];
  new Gauge({ name: 'bk_db_up', help: 'Whether the server could be reached.', registers }).set(
    Number(observation.up),
  );
  new Gauge({
    name: 'bk_db_collection_duration_seconds',
    help: 'How long the latest examination took.',
    registers,
  }).set(observation.durationMs / 1_000);
  const { series, dropped } = registerFamilies(observation.examinations, registers);
  new Gauge({
    name: 'bk_db_series_dropped',
    help: `Series left out because there were more than ${MAX_SERIES}.`,
    registers,
  }).set(dropped);
  return { text: await registry.metrics(), contentType: registry.contentType, series: series + 3 };
}

function registerFamilies(examinations: readonly Observed[], registers: Registry<RegistryContentType>[]) {
  let series = 0;
  let dropped = 0;
  for (const family of FAMILIES) {
    const samples = uniqueSamples(examinations.flatMap((examination) => family.read(examination)));
    const kept = samples.slice(0, Math.max(0, MAX_SERIES - series));
    series += kept.length;
    dropped += samples.length - kept.length;
    if (kept.length > 0) registerFamily(family, kept, registers);
  }
  return { series, dropped };
}

function registerFamily(
  { name, help, type, labels }: Family,
  samples: readonly Sample[],
  registers: Registry<RegistryContentType>[],
) {
  const options = { name, help, labelNames: [...labels], registers };
  if (type === 'gauge') {
    const gauge = new Gauge(options);
    for (const sample of samples) gauge.set(boundedLabels(sample), sample.value);
    return;
  }
  const counter = new Counter(options);
  for (const sample of samples) counter.inc(boundedLabels(sample), Math.max(0, sample.value));
}

/** One sample per set of labels; cut labels may meet. */
function uniqueSamples(samples: readonly Sample[]): Sample[] {
  return [...new Map(samples.map((sample) => [JSON.stringify(boundedLabels(sample)), sample])).values()];
}

function boundedLabels({ labels = {} }: Sample): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name, value.slice(0, MAX_LABEL_LENGTH)]),
  );
}
