import * as z from 'zod';

/** The shape of `data` of `bk-db help --json`. */
export const helpSchema = z.object({
  /** The words after `help`. */
  topic: z.string(),
  text: z.string(),
});

/** The shape of `data` of `bk-db completion --json`. */
export const completionSchema = z.object({ shell: z.string(), script: z.string() });

/** The shape of `data` of `bk-db schema --json`: a JSON schema. */
export const schemaSchema = z.object({ schema: z.record(z.string(), z.unknown()) });
