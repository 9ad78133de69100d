import * as z from 'zod';

/** The shape of `data` of `bk-db config --json`. */
export const configReportSchema = z.object({
  /** `user@host:port/database`, or null for the embedded server. */
  target: z.string().nullable(),
  settings: z.array(
    z.object({
      name: z.string(),
      value: z.union([z.string(), z.number(), z.boolean()]).nullable(),
      origin: z.string(),
    }),
  ),
  /** The server that answered, with --check. */
  connection: z.object({ target: z.string(), serverVersion: z.number().int() }).nullable(),
});
