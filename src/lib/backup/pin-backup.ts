import { dirname, join } from 'node:path';
import { withLockFile } from '../core/lock-file.js';
import type { RunTool } from '../core/process.js';
import { openBackup } from './catalogue.js';
import { writeManifest } from './manifest.js';
import { backupManifestSchema, type Backup } from './types.js';

export interface PinBackupDeps {
  readonly runTool: RunTool;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** Marks a backup so that no rotation removes it. */
export function pinBackup(deps: PinBackupDeps, backup: Backup, reason: string | null): Promise<Backup> {
  return changePin(deps, backup, { at: deps.now().toISOString(), reason });
}

/** Takes the mark away. */
export function unpinBackup(deps: PinBackupDeps, backup: Backup): Promise<Backup> {
  return changePin(deps, backup, null);
}

async function changePin(
  { runTool, signal }: PinBackupDeps,
  { path }: Backup,
  pinned: Backup['pinned'],
): Promise<Backup> {
  const place = dirname(path);
  const lock = { object: `the backup store ${place}`, waitMs: 0, signal };
  return withLockFile(runTool, join(place, '.lock'), lock, async () => {
    const changed = { ...(await openBackup(path)), pinned };
    await writeManifest(path, backupManifestSchema.parse(changed));
    return changed;
  });
}
