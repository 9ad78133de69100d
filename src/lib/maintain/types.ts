import * as z from 'zod';

const bound = z.iso.datetime().nullable();

const partitionSchema = z.object({
  partition: z.string().describe('schema.table of the partition'),
  from: bound.describe('first instant it takes; null when it has no beginning'),
  to: bound.describe('first instant it no longer takes; null when it has no end'),
});

const tableSchema = z.object({
  table: z.string().describe('schema.table of the partitioned table'),
  created: z.array(
    partitionSchema.extend({
      rowsMoved: z.int().nonnegative().describe('rows that had waited for it in the default partition'),
    }),
  ),
  dropped: z.array(partitionSchema),
  readyUntil: bound.describe('end of the newest partition; null when there is none'),
});

/** What a run of `maintain` did. */
export const maintainResultSchema = z.object({
  database: z.string(),
  dryRun: z.boolean().describe('true: all of it was rolled back'),
  tables: z.array(tableSchema).describe('every table with a partition policy, in order of name'),
  missing: z.array(z.string()).describe('tables that have a policy but do not exist'),
  durationMs: z.int().nonnegative(),
});
export type MaintainResult = Readonly<z.infer<typeof maintainResultSchema>>;
export type TableMaintenance = MaintainResult['tables'][number];
