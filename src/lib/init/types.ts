import * as z from 'zod';
import { migrateResultSchema } from '../migrate/index.js';
import { seedResultSchema } from '../seed/index.js';

/** The shape of `data` of `bk-db init --json`. */
export const initResultSchema = z.object({
  /** `user@host:port/database`. */
  target: z.string(),
  database: z.string(),
  /** True when the database was created now, also after --drop. */
  created: z.boolean(),
  dropped: z.boolean(),
  /** The backup taken before a non-empty database was dropped. */
  safetyBackup: z.object({ id: z.string(), path: z.string() }).nullable(),
  /** Null with --no-migrate. */
  migrations: migrateResultSchema.nullable(),
  /** Null with --no-seed, or where there is no schema of bk-db to seed. */
  seed: seedResultSchema.nullable(),
  durationMs: z.number(),
});
export type InitResult = z.infer<typeof initResultSchema>;
