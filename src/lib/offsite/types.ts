import * as z from 'zod';
import { backupSchema } from '../backup/index.js';
import type { Secret } from '../core/secret.js';

/** A place in object storage, and what it takes to get there. */
export interface RemoteStore {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
  /** Undefined means Amazon's, of the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly credentials: RemoteCredentials;
}

export interface RemoteCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | undefined;
}

const count = z.int().nonnegative();

/** What a transfer did: files that were there already are not sent again. */
const transferSchema = z.object({
  remote: z.string(),
  files: count,
  sentFiles: count,
  sentBytes: count,
  durationMs: count,
});

/** The result of `backup push`. */
export const pushedBackupSchema = transferSchema.extend({
  id: z.string(),
  database: z.string(),
  path: z.string(),
  /** Backups removed from the remote store, because no rule keeps them. */
  rotated: z.array(z.object({ id: z.string(), database: z.string() })),
});
export type PushedBackup = z.infer<typeof pushedBackupSchema>;

/** The result of `backup pull`: the backup, as it now lies in the local store. */
export const pulledBackupSchema = backupSchema.extend({ remote: z.string() });
export type PulledBackup = z.infer<typeof pulledBackupSchema>;
