import { formatBytes, formatDuration } from '../core/format.js';
import { parseSize } from '../core/size.js';
import type { StoreContent } from './catalogue.js';
import { isWhole } from './find-backup.js';
import type { Backup, BackupCheck, BackupFinding } from './types.js';

export interface CheckBackupsOptions {
  /** What the store is called. */
  readonly place: string;
  /** Whose backups; undefined means those of every database in the store. */
  readonly database: string | undefined;
  readonly maxAgeMs: number;
  /** Smallest acceptable size: bytes, or a share of the backup before. */
  readonly minSize: MinSize | undefined;
  readonly now: Date;
}

/** A lower limit for the size of a backup. */
export type MinSize = { readonly bytes: number } | { readonly share: number };

/** How far two machines' clocks may differ. */
const CLOCK_TOLERANCE_MS = 3_600_000;

/** `50%` of the backup before, or bytes such as `10MB`; undefined when it is neither. */
export function parseMinSize(text: string): MinSize | undefined {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text.trim())?.[1];
  if (share !== undefined) return { share: Number(share) / 100 };
  const bytes = parseSize(text);
  return bytes === undefined ? undefined : { bytes };
}

/** Says of a store's content whether the newest backup of each database is young and large enough. Pure. */
export function checkBackups(
  { backups: all, damaged }: StoreContent,
  options: CheckBackupsOptions,
): BackupCheck {
  const { place, database, now } = options;
  const backups = all.filter(isWhole);
  const databases =
    database === undefined ? [...new Set(backups.map((backup) => backup.database))] : [database];
  const findings: BackupFinding[] = damaged.map(({ path, problem }) => {
    return { kind: 'damaged', database: null, message: `${path} is damaged: ${problem}` };
  });
  if (databases.length === 0)
    findings.push({ kind: 'missing', database: null, message: `there is no backup in ${place}` });
  const checked = databases.map((name) => {
    const own = backups.filter((backup) => backup.database === name);
    findings.push(...findingsOf(name, own, options));
    const newest = own[0];
    return {
      database: name,
      newest: newest?.id ?? null,
      finishedAt: newest?.finishedAt ?? null,
      ageMs: newest === undefined ? null : Math.max(0, now.getTime() - Date.parse(newest.finishedAt)),
      sizeBytes: newest?.totals.sizeBytes ?? null,
    };
  });
  return { ok: findings.length === 0, databases: checked, findings };
}

function findingsOf(
  database: string,
  [newest, previous]: readonly Backup[],
  { maxAgeMs, minSize, now }: CheckBackupsOptions,
): BackupFinding[] {
  if (newest === undefined)
    return [{ kind: 'missing', database, message: `there is no backup of database ${database}` }];
  const findings: BackupFinding[] = [];
  const ageMs = now.getTime() - Date.parse(newest.finishedAt);
  if (ageMs > maxAgeMs) {
    const message = `the newest backup of ${database} is ${formatDuration(ageMs)} old, more than ${formatDuration(maxAgeMs)}`;
    findings.push({ kind: 'too old', database, message });
  }
  if (ageMs < -CLOCK_TOLERANCE_MS) {
    const message = `the newest backup of ${database} is dated ${formatDuration(-ageMs)} ahead: a clock was wrong, and its age says nothing`;
    findings.push({ kind: 'in the future', database, message });
  }
  const limit = limitOf(minSize, previous);
  if (limit !== undefined && newest.totals.sizeBytes < limit) {
    const message = `the newest backup of ${database} has ${formatBytes(newest.totals.sizeBytes)}, less than ${formatBytes(limit)}`;
    findings.push({ kind: 'too small', database, message });
  }
  return findings;
}

function limitOf(minSize: MinSize | undefined, previous: Backup | undefined): number | undefined {
  if (minSize === undefined) return undefined;
  if ('bytes' in minSize) return minSize.bytes;
  return previous === undefined ? undefined : previous.totals.sizeBytes * minSize.share;
}
