import * as z from 'zod';

/** What a role may be needed for. */
export const TASKS = ['backup', 'restore', 'migrate', 'csv', 'health'] as const;
export type Task = (typeof TASKS)[number];

const taskGrantsSchema = z.object({
  task: z.enum(TASKS),
  /** Why each right is needed, in one sentence. */
  reason: z.string(),
  statements: z.array(z.string()),
});

/** The result of `bk-db grants`. */
export const grantsResultSchema = z.object({
  role: z.string(),
  database: z.string(),
  tasks: z.array(taskGrantsSchema),
  /** With --check: what the connected role lacks for each task; null without. */
  lacking: z.array(z.object({ task: z.enum(TASKS), problem: z.string() })).nullable(),
});
export type GrantsResult = z.infer<typeof grantsResultSchema>;
