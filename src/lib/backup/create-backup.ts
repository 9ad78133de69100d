import { chmod, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionTarget } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import {
  makePrivateDirectory,
  PRIVATE_DIRECTORY,
  PRIVATE_FILE,
  syncDirectory,
  syncTree,
} from '../core/files.js';
import { withLockFile } from '../core/lock-file.js';
import type { PgStreamDeps } from '../core/pg-tools.js';
import type { OnProgress } from '../core/progress.js';
import { toBkDbError } from '../core/to-error.js';
import { newBackupId } from './backup-id.js';
import { composeManifest } from './compose-manifest.js';
import type { CompressionChoice } from './compression.js';
import { formatChecksums, writeManifest } from './manifest.js';
import { preflight, type Preflight } from './preflight.js';
import { refuseEmptyPolicy, rotateSource } from './prune-backups.js';
import { readArchive, summarise, type ArchiveReading } from './read-archive.js';
import type { RetentionPolicy } from './retention.js';
import { runDump, type Dump } from './run-dump.js';
import { CHECKSUM_FILE, partialNameOf, placesOf } from './store.js';
import { sweepPartials } from './sweep-partials.js';
import type { Backup, BackupFormat, CreatedBackup, PrunedBackup, Selection } from './types.js';

export interface CreateBackupDeps {
  readonly target: ConnectionTarget;
  readonly pgTools: PgStreamDeps;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Told of what deserves a look though the backup succeeded. */
  readonly onWarning: (text: string) => void;
  /** Version of bk-db, for the manifest. */
  readonly version: string;
}

export interface CreateBackupOptions {
  /** The store. */
  readonly directory: string;
  /** Tables dumped, and read back, at the same time. */
  readonly jobs: number;
  readonly label?: string | undefined;
  /** Default directory; with recipients custom. */
  readonly format?: BackupFormat | undefined;
  /** Default auto. */
  readonly compression?: CompressionChoice | undefined;
  /** Public keys that the backup is encrypted to, as age takes them; clear text then never reaches the disk. */
  readonly recipients?: readonly string[] | undefined;
  /** Also the cluster's roles (without passwords) and tablespaces, as globals.sql. */
  readonly globals?: boolean | undefined;
  /** Read every table back, count and hash its rows (default); else only the files' checksums are taken. */
  readonly fingerprint?: boolean | undefined;
  /** Only a part of the database; such a backup is never `latest`, and rotates only with its like. */
  readonly selection?: Selection | undefined;
  /** What to do with older backups of the same database once this one is published; undefined keeps all. */
  readonly retention?: RetentionPolicy | undefined;
}

/**
 * Takes one backup: dumps from one snapshot, reads every byte of the dump back, and publishes it by one rename.
 * When this returns, the backup is on disk (fsync) and its checksums are in its manifest; when it throws,
 * nothing of it is left.
 * @throws BkDbError LOCK_HELD, CONNECTION_FAILED, NOT_FOUND, PERMISSION, TOOL_MISSING, TOOL_FAILED, TIMEOUT, IO,
 *   BACKUP_CORRUPT (what pg_dump wrote does not read back), or the abort reason.
 */
export async function createBackup(
  deps: CreateBackupDeps,
  options: CreateBackupOptions,
): Promise<CreatedBackup> {
  const clock = { startedAt: deps.now(), begun: performance.now() };
  deps.onProgress({ phase: 'checking' });
  if (options.retention !== undefined) refuseEmptyPolicy(options.retention);
  const checked = await preflight(deps, options);
  const places = placesOf(options.directory, deps.target.database);
  await makePrivateDirectory(places.directory);
  const lock = {
    object: `the backup store of database ${deps.target.database}`,
    waitMs: 0,
    signal: deps.signal,
  };
  return withLockFile(deps.pgTools.runTool, places.lockFile, lock, async () => {
    for (const name of await sweepPartials(places.directory)) {
      deps.onWarning(`removed ${name}: a backup that was interrupted`);
    }
    const backup = await publishBackup({
      deps,
      options,
      preflight: checked,
      clock,
      directory: places.directory,
    });
    return { ...backup, rotated: await rotate(deps, options, backup) };
  });
}

type Publication = Omit<Work, 'id' | 'partial'> & { readonly directory: string };

/** Writes a backup beside its final name and gives it the name when all of it is on disk. */
async function publishBackup(publication: Publication): Promise<Backup> {
  const { deps, clock, directory } = publication;
  const id = newBackupId(clock.startedAt);
  const partial = join(directory, partialNameOf(id));
  try {
    const manifest = await writeBackup({ ...publication, partial, id });
    const path = join(directory, id);
    deps.signal.throwIfAborted();
    await rename(partial, path);
    await syncDirectory(directory);
    return { ...manifest, path };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** The new backup is safe whatever becomes of the old ones, so a failure here is a warning. */
async function rotate(
  deps: CreateBackupDeps,
  { directory, retention }: CreateBackupOptions,
  backup: Backup,
): Promise<PrunedBackup[]> {
  if (retention === undefined) return [];
  try {
    return await rotateSource(backup, { directory, policy: retention, now: deps.now() });
  } catch (error) {
    deps.onWarning(`older backups were not removed: ${toBkDbError(error).message}`);
    return [];
  }
}

interface Work {
  readonly deps: CreateBackupDeps;
  readonly options: CreateBackupOptions;
  readonly preflight: Preflight;
  readonly partial: string;
  readonly id: string;
  readonly clock: { readonly startedAt: Date; readonly begun: number };
}

async function writeBackup(work: Work) {
  const { deps, options, partial, clock } = work;
  await makePrivateDirectory(partial);
  await chmod(partial, PRIVATE_DIRECTORY);
  const preflighted = performance.now();
  const dump = await runDump({ ...work, directory: partial });
  const dumped = performance.now();
  const reading = await readBack(work, dump);
  const read = performance.now();
  await writeFile(join(partial, CHECKSUM_FILE), formatChecksums(reading.files), { mode: PRIVATE_FILE });
  await makePrivate(partial);
  await syncTree(partial);
  const manifest = composeManifest({
    id: work.id,
    version: deps.version,
    options,
    plan: work.preflight.plan,
    dump,
    reading,
    startedAt: clock.startedAt,
    finishedAt: deps.now(),
    durations: {
      preflightMs: Math.round(preflighted - clock.begun),
      dumpMs: Math.round(dumped - preflighted),
      readMs: Math.round(read - dumped),
      totalMs: Math.round(performance.now() - clock.begun),
    },
  });
  await writeManifest(partial, manifest);
  return manifest;
}

/** Reads what lies on the disk; an encrypted archive, whose content was read on its way there, for its checksums. */
async function readBack({ deps, options, preflight: { plan }, partial }: Work, dump: Dump) {
  const reading = await readArchive({
    openTool: deps.pgTools.openTool,
    signal: deps.signal,
    onProgress: deps.onProgress,
    directory: partial,
    format: plan.format,
    dataPath: plan.dataPath,
    fingerprint: options.fingerprint ?? true,
    contents: dump.content === undefined,
    concurrency: options.jobs,
  });
  refuseDamaged(reading);
  return dump.content === undefined ? reading : { ...reading, ...summarise(dump.content) };
}

function refuseDamaged({ problems }: ArchiveReading): void {
  const [first] = problems;
  if (first === undefined) return;
  throw new BkDbError(
    'BACKUP_CORRUPT',
    `what pg_dump wrote cannot be read back: ${first.file}: ${first.problem}`,
    {
      hint: 'Nothing was kept. Check the disk under the store, and try again.',
      details: { problems },
    },
  );
}

/** pg_dump makes files by the umask. */
async function makePrivate(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? PRIVATE_DIRECTORY : PRIVATE_FILE);
  }
}
