import * as z from 'zod';
import type { OnProgress } from '../core/progress.js';
import type { ConnectionTarget } from '../core/connection.js';

/** How much is seeded: the configurations every installation needs, a small world to look at, or a multiple of it. */
export const SEED_LEVELS = ['reference', 'demo', 'load'] as const;
export type SeedLevel = (typeof SEED_LEVELS)[number];

/** The domains of the schema, each in a PostgreSQL schema of its name, in the order in which they are seeded. */
export const DOMAINS = ['verification', 'framework', 'power_dynamics', 'evolution', 'consensus'] as const;
export type Domain = (typeof DOMAINS)[number];

/** The instant that fixtures hang off unless told otherwise: fixed, so that two runs give the same rows. */
export const DEFAULT_AS_OF = '2025-06-01T00:00:00.000Z';
export const DEFAULT_SEED = 'bk';

/** How many times the demo a load is unless told otherwise, and at most. */
export const DEFAULT_SCALE = 10;
export const MAX_SCALE = 100_000;

export interface SeedDeps {
  readonly target: ConnectionTarget;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface SeedOptions {
  /** Default `demo`. */
  readonly level?: SeedLevel;
  /** With level `load`: how many times the demo, whose rows come first; default 10. */
  readonly scale?: number;
  /** Default all; domains that these refer to are seeded as well. */
  readonly domains?: readonly Domain[];
  /** Any text; other seeds give other rows. Default `bk`. */
  readonly seed?: string;
  /** The present of the fixtures; they go back 90 days from here. Default 2025-06-01T00:00:00Z. */
  readonly asOf?: Date;
}

const count = z.int().nonnegative();

const tableCountsSchema = z.object({
  table: z.string().describe('schema.table'),
  inserted: count,
  unchanged: count.describe('rows that were there already'),
});

/** What a table got. */
export type TableCounts = Readonly<z.infer<typeof tableCountsSchema>>;

/** What a run of `seed` did. */
export const seedResultSchema = z.object({
  level: z.enum(SEED_LEVELS),
  scale: count.describe('0 for reference, 1 for demo, N for load'),
  domains: z.array(z.enum(DOMAINS)).describe('seeded domains, those included that others refer to'),
  seed: z.string(),
  asOf: z.iso.datetime(),
  tables: z.array(tableCountsSchema),
  total: z.object({ inserted: count, unchanged: count }),
  digest: z.string().describe('SHA-256 over the keys of all fixtures, in order; hexadecimal'),
  checks: z.array(z.object({ name: z.string(), violations: count })).describe('what bk.verify() reported'),
  durationMs: count,
});
export type SeedResult = Readonly<z.infer<typeof seedResultSchema>>;
