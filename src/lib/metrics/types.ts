import * as z from 'zod';

/** The result of `metrics`. */
export const metricsResultSchema = z.object({
  /** Whether the server could be reached. */
  up: z.boolean(),
  series: z.number(),
  /** The file that was written; null when the text is here. */
  textfile: z.string().nullable(),
  text: z.string().nullable(),
});

/** The result of `metrics serve`, when it has ended. */
export const serveResultSchema = z.object({ url: z.string() });

/** The result of `bk-db metrics rules` and `bk-db metrics dashboard`. */
export const monitoringFileSchema = z.object({ content: z.string() });
