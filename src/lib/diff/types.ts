import * as z from 'zod';

const leftSchema = z.object({
  change: z.enum(['missing', 'extra', 'changed']),
  kind: z.string(),
  name: z.string(),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
});

/** The result of `migrate diff`. */
export const diffResultSchema = z.object({
  migrationsDir: z.string(),
  /** Statements that lead from what the migrations make to the wanted schema. */
  up: z.array(z.string()),
  /** Statements that follow without a transaction, in a migration of their own: nobody is kept out meanwhile. */
  later: z.array(z.string()),
  /** Statements that lead back, of both. */
  down: z.array(z.string()),
  /** The statement that the server refused when they were tried, and why; then nothing is written. */
  failure: z.object({ statement: z.string(), message: z.string() }).nullable(),
  /** What differs from the wanted schema after the statements were run: it has to be written by hand. */
  left: z.array(leftSchema),
  /** What differs from the schema before once they were reverted. */
  leftByDown: z.array(leftSchema),
  /** Statements of migrations that change more than their database, and were not run for this. */
  notReplayed: z.array(z.object({ file: z.string(), line: z.number(), statement: z.string() })),
  /** Written files; empty without a name, and when nothing differs. */
  files: z.array(z.string()),
});
export type DiffResult = z.infer<typeof diffResultSchema>;
