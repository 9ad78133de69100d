import * as z from 'zod';
import type { PgToolsDeps } from '../core/pg-tools.js';

/** What the functions of the embedded server are handed. */
export interface ServerDeps extends PgToolsDeps {
  /** BK_DB_HOME: the server's folder, when the user chose one. */
  readonly home: string | undefined;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

const SERVER_STATES = ['absent', 'stopped', 'starting', 'running'] as const;

/** `bk-db server status`. `absent` means that it was never created. */
export const serverStatusSchema = z.object({
  state: z.enum(SERVER_STATES),
  projectRoot: z.string(),
  directory: z.string(),
  dataDirectory: z.string(),
  socketDirectory: z.string(),
  logFile: z.string(),
  /** Major version of the data. */
  version: z.number().int().nullable(),
  pid: z.number().int().nullable(),
  startedAt: z.iso.datetime().nullable(),
});
export type ServerStatus = z.infer<typeof serverStatusSchema>;

/** `bk-db server start`: what it took, and what there is now. */
export const serverStartSchema = serverStatusSchema.extend({
  action: z.enum(['created', 'started', 'none']),
});
export type ServerStart = z.infer<typeof serverStartSchema>;

/** `bk-db server stop`. */
export const serverStopSchema = serverStatusSchema.extend({ action: z.enum(['stopped', 'none']) });
export type ServerStop = z.infer<typeof serverStopSchema>;

/** `bk-db server url`: a libpq URI without a secret. */
export const serverUrlSchema = z.object({ url: z.string(), state: z.enum(SERVER_STATES) });
export type ServerUrl = z.infer<typeof serverUrlSchema>;

/** `bk-db server logs`: the last lines of the log. */
export const serverLogsSchema = z.object({ logFile: z.string(), lines: z.array(z.string()) });
export type ServerLogs = z.infer<typeof serverLogsSchema>;

/** `bk-db server destroy`. */
export const serverDestroySchema = z.object({
  projectRoot: z.string(),
  directory: z.string(),
  wasRunning: z.boolean(),
});
export type ServerDestroy = z.infer<typeof serverDestroySchema>;
