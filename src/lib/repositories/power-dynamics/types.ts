import * as z from 'zod';

/** A balance that is not what the ledger says; exact decimals as text. */
export const balanceMismatchSchema = z.object({ nodeId: z.string(), power: z.string(), ledger: z.string() });
export type BalanceMismatch = z.infer<typeof balanceMismatchSchema>;

/** How connected a node is; `centrality` is its edges over the most there could be in one direction. */
export const degreeSchema = z.object({
  nodeId: z.string(),
  inDegree: z.number(),
  outDegree: z.number(),
  centrality: z.number(),
});
export type Degree = z.infer<typeof degreeSchema>;

/** The network of active nodes and live relations. */
export interface NetworkSummary {
  readonly nodes: number;
  /** Directed edges between different pairs. */
  readonly edges: number;
  /** Edges over the possible ones, 0 to 1. */
  readonly density: number;
  /** The share of edges that go both ways, 0 to 1. */
  readonly reciprocity: number;
  /** Groups of nodes that are connected when directions are left aside. */
  readonly components: number;
}

/** A node that can be reached, and in how few steps. */
export const reachSchema = z.object({ nodeId: z.string(), hops: z.number() });
export type Reach = z.infer<typeof reachSchema>;

/** A node that is influenced: the greatest product of strengths along a path. */
export const influenceSchema = z.object({ nodeId: z.string(), influence: z.number(), hops: z.number() });
export type Influence = z.infer<typeof influenceSchema>;

/** How close the neighbours of a node are to each other, 0 to 1. */
export const clusteringSchema = z.object({ nodeId: z.string(), clustering: z.number() });
export type Clustering = z.infer<typeof clusteringSchema>;

/** How unequal power is among active nodes: 0 is equal. Null while there is none. */
export const powerConcentrationSchema = z.object({
  gini: z.number().nullable(),
  /** Herfindahl-Hirschman index: the sum of squared shares, 1 when one node has it all. */
  hhi: z.number().nullable(),
});
export type PowerConcentration = z.infer<typeof powerConcentrationSchema>;

/** A node's power in a span of time; exact decimals as text. */
export const powerTrendSchema = z.object({
  bucketStart: z.date(),
  avg: z.string(),
  min: z.string(),
  max: z.string(),
  avgShare: z.number(),
});
export type PowerTrendPoint = z.infer<typeof powerTrendSchema>;
