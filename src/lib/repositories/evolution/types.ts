import * as z from 'zod';
import { generationStatus } from './vocabulary.js';

/** The fitness of a generation among those before it; null until it has statistics. */
export const trajectoryPointSchema = z.object({
  number: z.number(),
  status: generationStatus.schema,
  avgFitness: z.number().nullable(),
  maxFitness: z.number().nullable(),
  /** The best of this and all earlier generations. */
  bestSoFar: z.number().nullable(),
  /** By how much this generation has raised the best so far. */
  gain: z.number().nullable(),
});
export type TrajectoryPoint = z.infer<typeof trajectoryPointSchema>;

/** Whether the best fitness still rises. */
export const stagnationSchema = z.object({
  /** Completed generations that were looked at: the window and the one before, or fewer. */
  generations: z.number(),
  /** By how much the best has risen over the window; null before it is full. */
  gain: z.number().nullable(),
  isStagnant: z.boolean(),
});
export type Stagnation = z.infer<typeof stagnationSchema>;

/** An ancestor or descendant, and over how few generations of parents. */
export const kinSchema = z.object({ agentId: z.string(), depth: z.number() });
export type Kin = z.infer<typeof kinSchema>;

/** How different the genomes of a generation are: distinct ones over all, null without agents. */
export const diversitySchema = z.object({
  agents: z.number(),
  distinctGenomes: z.number(),
  diversity: z.number().nullable(),
});
export type Diversity = z.infer<typeof diversitySchema>;
