import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { BkDbError } from '../core/errors.js';
import type { OnProgress } from '../core/progress.js';
import { openBackup } from './catalogue.js';
import { formatChecksums } from './manifest.js';
import { dataPathOf, DUMP_DIRECTORY } from './data-file.js';
import type { ArchiveAccess } from './open-archive.js';
import { readArchive, type ArchiveReading } from './read-archive.js';
import { CHECKSUM_FILE, DAMAGE_FILE, MANIFEST_FILE, REHEARSAL_FILE } from './store.js';
import type { Backup, BackupProblem, BackupTable, BackupVerification } from './types.js';

export interface VerifyBackupDeps extends ArchiveAccess {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface VerifyBackupOptions {
  /** The backup's directory. */
  readonly path: string;
  /** Files read at the same time. */
  readonly concurrency: number;
}

/**
 * Reads a whole backup again and compares every byte, row count and hash with its manifest. No server is needed.
 * What is wrong is returned in `problems`, the worst-explained first.
 */
export async function verifyBackup(
  deps: VerifyBackupDeps,
  { path, concurrency }: VerifyBackupOptions,
): Promise<BackupVerification> {
  const begun = performance.now();
  const backup = await openBackup(path).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  const outcome =
    backup instanceof Error
      ? { problems: [{ file: MANIFEST_FILE, table: null, problem: backup.message }] }
      : await compareWithManifest(deps, backup, concurrency);
  const totals = backup instanceof Error ? { tables: 0, rows: null, sizeBytes: 0 } : backup.totals;
  return {
    id: backup instanceof Error ? basename(path) : backup.id,
    database: backup instanceof Error ? null : backup.database,
    path,
    ok: outcome.problems.length === 0,
    problems: outcome.problems,
    contents: !(backup instanceof Error) && isReadable(deps, backup),
    tables: totals.tables,
    rows: totals.rows,
    sizeBytes: totals.sizeBytes,
    durationMs: Math.round(performance.now() - begun),
    restoredMs: null,
  };
}

/** @throws BkDbError BACKUP_CORRUPT naming the first damaged file and table of the verifications, with all in details. */
export function refuseCorrupt(verifications: readonly BackupVerification[]): void {
  const bad = verifications.filter(({ ok }) => !ok);
  const [first] = bad;
  const problem = first?.problems[0];
  if (first === undefined || problem === undefined) return;
  const table = problem.table === null ? '' : ` (table ${problem.table})`;
  const count = bad.reduce((total, { problems }) => total + problems.length, 0);
  const more = count > 1 ? `, and ${count - 1} more ${count === 2 ? 'problem' : 'problems'}` : '';
  throw new BkDbError(
    'BACKUP_CORRUPT',
    `backup ${first.id} is damaged: ${problem.file}${table}: ${problem.problem}${more}`,
    {
      hint: 'Use another backup (`bk-db backup verify --all` tells which are good), and take a new one.',
      details: { verifications },
    },
  );
}

async function compareWithManifest(deps: VerifyBackupDeps, backup: Backup, concurrency: number) {
  const reading = await readArchive({
    ...deps,
    directory: backup.path,
    format: backup.format,
    dataPath: dataPathOf(backup),
    fingerprint: true,
    contents: isReadable(deps, backup),
    concurrency,
  });
  const problems = [
    ...(await compareNames(backup)),
    ...(await compareChecksumFile(backup)),
    ...reading.problems,
    ...compareFiles(backup, reading),
    ...compareContents(backup, reading),
  ];
  const known = new Set([MANIFEST_FILE, CHECKSUM_FILE, ...backup.files.map(({ path }) => path)]);
  // A damaged list names files that never were: that is the list's problem, not theirs.
  const plain = problems.filter(({ file, problem }) => known.has(file) || problem !== 'it is missing');
  return { problems: oneProblemPerFile(plain.length > 0 ? plain : problems) };
}

/** False for an encrypted backup without its key. */
function isReadable({ identityFile }: ArchiveAccess, { encryption }: Backup): boolean {
  return encryption === null || identityFile !== undefined;
}

/** Nothing missing, nothing extra, nothing that is no plain file. */
async function compareNames(backup: Backup): Promise<BackupProblem[]> {
  const entries = await readdir(backup.path, { withFileTypes: true, recursive: true });
  const expected = new Set([MANIFEST_FILE, CHECKSUM_FILE, ...backup.files.map(({ path }) => path)]);
  const problems: BackupProblem[] = [];
  for (const entry of entries) {
    const path = relative(backup.path, join(entry.parentPath, entry.name));
    if (entry.isDirectory() && path === DUMP_DIRECTORY) continue;
    if (path === DAMAGE_FILE || path === REHEARSAL_FILE) continue;
    if (!expected.delete(path)) problems.push(problemOf(backup, path, 'it does not belong to the backup'));
    else if (!entry.isFile()) problems.push(problemOf(backup, path, 'it is not a plain file'));
  }
  return [...problems, ...[...expected].map((path) => problemOf(backup, path, 'it is missing'))];
}

async function compareChecksumFile(backup: Backup): Promise<BackupProblem[]> {
  const text = await readFile(join(backup.path, CHECKSUM_FILE), 'utf8').catch(() => undefined);
  if (text === undefined || text === formatChecksums(backup.files)) return [];
  return [problemOf(backup, CHECKSUM_FILE, 'it does not agree with the manifest')];
}

function compareFiles(backup: Backup, reading: ArchiveReading): BackupProblem[] {
  const found = new Map(reading.files.map((file) => [file.path, file]));
  return backup.files.flatMap((file) => {
    const actual = found.get(file.path);
    if (actual === undefined) return [];
    if (actual.sizeBytes !== file.sizeBytes) {
      const text = `it has ${actual.sizeBytes} bytes instead of ${file.sizeBytes}`;
      return [problemOf(backup, file.path, text)];
    }
    return actual.sha256 === file.sha256 ? [] : [problemOf(backup, file.path, 'its checksum does not fit')];
  });
}

function compareContents(backup: Backup, reading: ArchiveReading): BackupProblem[] {
  const found = new Map(reading.tables.map((table) => [keyOf(table), table]));
  return backup.tables.flatMap((table) => {
    const actual = found.get(keyOf(table));
    if (actual === undefined || isSameTable(table, actual)) return [];
    const name = `${table.schema}.${table.name}`;
    return [{ file: table.file, table: name, problem: 'its rows are not those that were backed up' }];
  });
}

/** A table has a file of its own in a directory, else shares it with all others. */
function keyOf({ file, schema, name }: BackupTable): string {
  return file.startsWith(`${DUMP_DIRECTORY}/`) ? file : JSON.stringify([schema, name]);
}

function isSameTable(a: BackupTable, b: BackupTable): boolean {
  return (
    a.schema === b.schema &&
    a.name === b.name &&
    (a.sha256 === null || (a.rows === b.rows && a.sha256 === b.sha256))
  );
}

function problemOf(backup: Backup, file: string, problem: string): BackupProblem {
  const [table, ...others] = backup.tables.filter((candidate) => candidate.file === file);
  return {
    file,
    table: table === undefined || others.length > 0 ? null : `${table.schema}.${table.name}`,
    problem,
  };
}

/** One damage shows itself several times; the first words about a file are the plainest. */
function oneProblemPerFile(problems: readonly BackupProblem[]): BackupProblem[] {
  const byFile = new Map<string, BackupProblem>();
  for (const problem of problems) {
    const known = byFile.get(problem.file);
    byFile.set(problem.file, { ...problem, ...known, table: known?.table ?? problem.table });
  }
  return [...byFile.values()];
}
