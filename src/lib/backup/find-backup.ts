import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { BkDbError } from '../core/errors.js';
import { openBackup, readStore, type StoreContent } from './catalogue.js';
import { directoryNameOf } from './store.js';
import { isInSubset, type Subset } from './subset.js';
import type { Backup } from './types.js';

export interface BackupReference {
  /** The store. */
  readonly directory: string;
  /** An id, a unique beginning of one, `latest`, or the path of a backup's directory. */
  readonly reference: string;
  /** Whose backups `latest` means; undefined means those of every database. */
  readonly database: string | undefined;
  /** Told when `latest` passed over a damaged backup. */
  readonly onWarning: (text: string) => void;
}

/**
 * Finds the backup that is meant.
 * @throws BkDbError NOT_FOUND; BACKUP_CORRUPT when it is there but its manifest is not as it was written.
 */
export async function findBackup(options: BackupReference): Promise<Backup> {
  const { directory, reference } = options;
  if (reference.includes('/')) return backupAt(resolve(reference));
  return selectBackup(await readStore(directory), options);
}

/** The backup of a store that is meant. @throws BkDbError NOT_FOUND, BACKUP_CORRUPT. */
export function selectBackup(content: StoreContent, options: BackupReference): Backup {
  return options.reference === 'latest'
    ? latestOf(content, options.database, options)
    : backupOfId(content, options);
}

async function backupAt(path: string): Promise<Backup> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new BkDbError('NOT_FOUND', `there is no backup directory ${path}`, {
      hint: 'Give the directory that holds manifest.json, or an id of `bk-db backup list`.',
    });
  }
  return openBackup(path).catch((error: unknown) => {
    throw damagedManifest(path, error instanceof Error ? error.message : String(error));
  });
}

/**
 * The directories of the backups to verify, newest first; damaged ones are among them.
 * @throws BkDbError NOT_FOUND.
 */
export async function backupPaths(
  options: BackupReference & { readonly all: boolean; readonly subset?: Subset | undefined },
): Promise<string[]> {
  if (options.all || options.subset !== undefined) {
    const { backups, damaged } = await readStore(options.directory);
    return [...damaged, ...backups]
      .map(({ path }) => path)
      .filter((path) => options.subset === undefined || isInSubset(basename(path), options.subset));
  }
  try {
    return [(await findBackup(options)).path];
  } catch (error) {
    const path = error instanceof BkDbError && error.code === 'BACKUP_CORRUPT' && error.details['path'];
    if (typeof path === 'string') return [path];
    throw error;
  }
}

function latestOf(
  { backups, damaged }: StoreContent,
  database: string | undefined,
  { directory, onWarning }: BackupReference,
): Backup {
  const backup = backups.find(
    (candidate) => isWhole(candidate) && (database === undefined || candidate.database === database),
  );
  if (backup === undefined) {
    // In words of the damage: that there is one, and what is wrong with it, is what has to be known.
    const broken = damaged.findLast(({ path }) => database === undefined || isOf(path, database));
    if (broken !== undefined) throw damagedManifest(broken.path, broken.problem);
    const whose = database === undefined ? '' : ` of database ${database}`;
    throw new BkDbError('NOT_FOUND', `there is no backup${whose} in ${directory}`, {
      hint: 'Take one with `bk-db backup`, or name the store with --dir.',
    });
  }
  for (const { path, problem } of damaged) onWarning(`passed over the damaged backup ${path}: ${problem}`);
  return backup;
}

/** True for a path in the place of a database's backups. */
function isOf(path: string, database: string): boolean {
  return basename(dirname(path)) === directoryNameOf(database);
}

/** True for a backup of all of a database. */
export function isWhole({ options }: Pick<Backup, 'options'>): boolean {
  return options.selection === null;
}

function backupOfId({ backups, damaged }: StoreContent, { directory, reference }: BackupReference): Backup {
  const found = backups.filter(({ id }) => id.startsWith(reference));
  const broken = damaged.filter(({ path }) => path.endsWith(`/${reference}`));
  if (broken[0] !== undefined) throw damagedManifest(broken[0].path, broken[0].problem);
  if (found.length === 1 && found[0] !== undefined) return found[0];
  if (found.length > 1) {
    throw new BkDbError('USAGE', `${reference} is the beginning of ${found.length} backups' ids`, {
      hint: 'Give more of the id.',
      details: { ids: found.map(({ id }) => id) },
    });
  }
  throw new BkDbError('NOT_FOUND', `there is no backup ${reference} in ${directory}`, {
    hint: '`bk-db backup list` shows what is there; --dir names another store.',
  });
}

function damagedManifest(path: string, problem: string): BkDbError {
  const text = /^(manifest\.json|verify found)/.test(problem) ? problem : `manifest.json: ${problem}`;
  return new BkDbError('BACKUP_CORRUPT', `the backup ${path} is damaged: ${text}`, {
    hint: 'Use another backup: `bk-db backup list` shows them.',
    details: { path, problems: [{ file: 'manifest.json', table: null, problem: text }] },
  });
}
