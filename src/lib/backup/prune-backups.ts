import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BkDbError } from '../core/errors.js';
import { syncDirectory } from '../core/files.js';
import { withLockFile } from '../core/lock-file.js';
import type { RunTool } from '../core/process.js';
import { readStore } from './catalogue.js';
import { isEmptyPolicy, planRetention, type RetentionPolicy } from './retention.js';
import { isPartialName, partialNameOf, pushNotesNameOf } from './store.js';
import { sweepPartials } from './sweep-partials.js';
import type { Backup, PrunedBackup, PruneResult } from './types.js';

export interface PruneBackupsDeps {
  readonly runTool: RunTool;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

export interface PruneBackupsOptions {
  /** The store. */
  readonly directory: string;
  readonly policy: RetentionPolicy;
  /** Only backups of this database; undefined means each database's in turn. */
  readonly database?: string | undefined;
  /** Says what would go, and removes nothing. */
  readonly dryRun: boolean;
}

/**
 * Removes the backups that the policy does not keep, database by database, and what interrupted backups left.
 * Only whole backups whose manifests can be read are counted or removed; damaged ones are left for a person.
 * @throws BkDbError USAGE (a policy without a rule), LOCK_HELD, IO.
 */
export async function pruneBackups(
  deps: PruneBackupsDeps,
  { directory, policy, database, dryRun }: PruneBackupsOptions,
): Promise<PruneResult> {
  refuseEmptyPolicy(policy);
  const { backups } = await readStore(directory);
  const wanted = backups.filter((backup) => database === undefined || backup.database === database);
  const decided = planPruning(wanted, policy, deps.now());
  const doomed = decided.filter(({ keep }) => !keep);
  const places = new Set(wanted.map(({ path }) => dirname(path)));
  const partials: string[] = [];
  for (const place of places) {
    const paths = doomed.map(({ path }) => path).filter((path) => dirname(path) === place);
    partials.push(...(await prunePlace(deps, { place, paths, dryRun })));
  }
  return {
    dryRun,
    backups: decided,
    partials,
    removed: doomed.length,
    freedBytes: doomed.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
  };
}

/** @throws BkDbError USAGE when no rule is given. */
export function refuseEmptyPolicy(policy: RetentionPolicy): void {
  if (!isEmptyPolicy(policy)) return;
  throw new BkDbError('USAGE', 'no rule says which backups to keep, so nothing was removed', {
    hint: 'Give at least one of --keep-last, --keep-hourly, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly, --keep-within, --max-total-size.',
  });
}

/** Removes what the policy does not keep of one database's backups; the caller holds the store's lock. */
export async function rotateSource(
  backup: Backup,
  options: { readonly directory: string; readonly policy: RetentionPolicy; readonly now: Date },
): Promise<PrunedBackup[]> {
  const { backups } = await readStore(options.directory);
  const group = backups.filter((candidate) => sourceOf(candidate) === sourceOf(backup));
  const doomed = decide(group, options.policy, options.now).filter(({ keep }) => !keep);
  for (const { path } of doomed) await removeBackup(path);
  return doomed;
}

interface PlacePruning {
  readonly place: string;
  readonly paths: readonly string[];
  readonly dryRun: boolean;
}

async function prunePlace(
  { runTool, signal }: PruneBackupsDeps,
  { place, paths, dryRun }: PlacePruning,
): Promise<string[]> {
  const stale = async () => (await readdir(place)).filter(isPartialName).map((name) => join(place, name));
  if (dryRun) return stale();
  const lock = { object: `the backup store ${place}`, waitMs: 0, signal };
  return withLockFile(runTool, join(place, '.lock'), lock, async () => {
    const partials = (await sweepPartials(place)).map((name) => join(place, name));
    for (const path of paths) {
      signal.throwIfAborted();
      await removeBackup(path);
    }
    return partials;
  });
}

/** Takes the name away first: whenever this is interrupted, there is a whole backup or none. */
async function removeBackup(path: string): Promise<void> {
  const id = path.slice(dirname(path).length + 1);
  const hidden = join(dirname(path), partialNameOf(id));
  await rename(path, hidden);
  await syncDirectory(dirname(path));
  await rm(hidden, { recursive: true, force: true });
  await rm(join(dirname(path), pushNotesNameOf(id)), { force: true });
}

/** What the policy says of each backup, source by source. Pure. */
export function planPruning(backups: readonly Backup[], policy: RetentionPolicy, now: Date): PrunedBackup[] {
  return groupBySource(backups).flatMap((group) => decide(group, policy, now));
}

function decide(group: readonly Backup[], policy: RetentionPolicy, now: Date): PrunedBackup[] {
  const byId = new Map(group.map((backup) => [backup.id, backup]));
  const retainable = group.map(({ id, startedAt, totals, pinned }) => {
    return { id, startedAt, sizeBytes: totals.sizeBytes, pinned: pinned !== null };
  });
  return planRetention(retainable, policy, now).flatMap(({ id, keep, reasons }) => {
    const backup = byId.get(id);
    if (backup === undefined) return [];
    const { database, path, startedAt, totals } = backup;
    return [{ id, database, path, startedAt, sizeBytes: totals.sizeBytes, keep, reasons: [...reasons] }];
  });
}

function groupBySource(backups: readonly Backup[]): Backup[][] {
  const groups = new Map<string, Backup[]>();
  for (const backup of backups) {
    const source = sourceOf(backup);
    groups.set(source, [...(groups.get(source) ?? []), backup]);
  }
  return [...groups.values()];
}

/**
 * What it is a backup of: databases of one name on two servers are two, a part is not the whole, and one whose rows were
 * never read back must not take the place of one whose were.
 */
export function sourceOf({ systemIdentifier, database, options, fingerprint }: Backup): string {
  return JSON.stringify([systemIdentifier, database, options.selection, fingerprint]);
}
