import type {
  Backup,
  BackupCheck,
  BackupSummary,
  BackupVerification,
  Catalogue,
  CreatedBackup,
  PrunedBackup,
  PruneResult,
} from '../../backup/types.js';
import { formatBytes, formatCount, formatDuration, formatTime, plural } from '../../core/format.js';
import { fields } from '../fields.js';
import { renderTable } from '../table.js';
import type { Paint } from '../terminal.js';

/** What `backup` did, for the person who ran it. */
export function createdView(backup: CreatedBackup, paint: Paint): string {
  const { durations, totals, rotated } = backup;
  return fields(
    `${paint('green', 'backed up')} ${backup.database}: ${paint('bold', backup.id)}`,
    [
      ['where', backup.path],
      ['size', sizeOf(backup)],
      ['content', contentOf(backup)],
      [
        'took',
        `${formatDuration(durations.totalMs)} (dump ${formatDuration(durations.dumpMs)}, reading back ${formatDuration(durations.readMs)})`,
      ],
      ['checked', `${checkOf(backup)}; ${plural(totals.files, 'file')} on disk, sha256`],
      ...encryptionRow(backup),
      ...rotated.map(({ id }) => ['removed', `${id}, which no rule keeps`] as const),
    ],
    paint,
  );
}

/** The store's content as a table, newest first. */
export function catalogueView({ backups, damaged }: Catalogue, directory: string, paint: Paint): string {
  const broken = damaged.map(({ path, problem }) => paint('red', `damaged: ${path}: ${problem}`));
  if (backups.length === 0) return [`no backups in ${directory}`, ...broken].join('\n');
  const table = renderTable<BackupSummary>(
    [
      { head: 'id', value: ({ id }) => id },
      { head: 'database', value: ({ database }) => database },
      { head: 'taken', value: ({ startedAt }) => formatTime(startedAt) },
      { head: 'size', value: ({ totals }) => formatBytes(totals.sizeBytes), align: 'right' },
      { head: 'tables', value: ({ totals }) => formatCount(totals.tables), align: 'right' },
      { head: 'rows', value: ({ totals }) => known(totals.rows, formatCount), align: 'right' },
      { head: 'took', value: ({ durations }) => formatDuration(durations.totalMs), align: 'right' },
      {
        head: 'label',
        value: ({ label, pinned, options }) =>
          [pinned && 'pinned', options.selection && 'part', label].filter(Boolean).join(', '),
      },
    ],
    backups,
    paint,
  );
  return [table, ...broken].join('\n');
}

/** Everything a backup's manifest says, with one line per table. */
export function backupView(backup: Backup, paint: Paint): string {
  const { compression, toolVersions, collation } = backup;
  const head = fields(
    `${paint('bold', backup.id)} of database ${backup.database}`,
    [
      ['label', backup.label ?? '-'],
      ...(backup.pinned === null ? [] : [['pinned', pinText(backup.pinned)] as const]),
      ['where', backup.path],
      ['taken', `${formatTime(backup.startedAt)} to ${formatTime(backup.finishedAt)}`],
      ['took', formatDuration(backup.durations.totalMs)],
      ['size', formatBytes(backup.totals.sizeBytes)],
      ['content', contentOf(backup)],
      ...selectionRow(backup),
      [
        'format',
        `${backup.format}, ${compression.algorithm === 'none' ? 'not compressed' : `${compression.algorithm}:${compression.level}`}`,
      ],
      ...encryptionRow(backup),
      ...(backup.globals === null ? [] : [['globals', backup.globals] as const]),
      ['checked', checkOf(backup)],
      ['server', `PostgreSQL ${backup.serverVersion}, position ${backup.lsn ?? 'unknown'}`],
      ['tools', `pg_dump ${toolVersions.pgDump}, bk-db ${toolVersions.bkDb}, node ${toolVersions.node}`],
      ['owner', backup.owner],
      ['encoding', `${backup.encoding}, ${collation.locale ?? collation.collate} (${collation.provider})`],
      ['schema', backup.schemaVersion ?? 'no migrations'],
      ['extensions', backup.extensions.map(({ name, version }) => `${name} ${version}`).join(', ') || '-'],
    ],
    paint,
  );
  const table = renderTable<Backup['tables'][number]>(
    [
      { head: 'table', value: ({ schema, name }) => `${schema}.${name}` },
      { head: 'rows', value: ({ rows }) => known(rows, formatCount), align: 'right' },
      { head: 'bytes', value: ({ copyBytes }) => known(copyBytes, formatBytes), align: 'right' },
      { head: 'sha256 of its rows', value: ({ sha256 }) => known(sha256, (text) => `${text.slice(0, 16)}…`) },
      { head: 'file', value: ({ file }) => file },
    ],
    backup.tables,
    paint,
  );
  return backup.tables.length === 0 ? head : `${head}\n\n${table}`;
}

/** One line per verified backup, and under a damaged one what is wrong with it. */
export function verificationsView(verifications: readonly BackupVerification[], paint: Paint): string {
  return verifications.flatMap((verification) => verificationLines(verification, paint)).join('\n');
}

function verificationLines(verification: BackupVerification, paint: Paint): string[] {
  const { id, ok, problems, contents, tables, rows, sizeBytes, durationMs, restoredMs } = verification;
  if (ok) {
    const counted = rows === null ? [] : [plural(rows, 'row')];
    const whole = contents ? [plural(tables, 'table'), ...counted] : ['checksums of the cipher text alone'];
    const read = [...whole, formatBytes(sizeBytes)].join(', ');
    const restored =
      restoredMs === null ? '' : `, restored and every table equal in ${formatDuration(restoredMs)}`;
    return [`${paint('green', 'good')}     ${id}  ${read} read in ${formatDuration(durationMs)}${restored}`];
  }
  return [
    `${paint('red', 'damaged')}  ${id}`,
    ...problems.map(({ file, table, problem }) => {
      return `         ${file}${table === null ? '' : ` (table ${table})`}: ${problem}`;
    }),
  ];
}

/** What `backup prune` removed, or would, with the reason for everything that stays. */
export function pruneView(result: PruneResult, paint: Paint): string {
  const { backups, partials, removed, freedBytes, dryRun } = result;
  const verb = dryRun ? 'would remove' : 'removed';
  const left = partials.map((path) => `${verb} ${path}: a backup that was interrupted`);
  const total = `${verb} ${plural(removed, 'backup')} (${formatBytes(freedBytes)}), ${dryRun ? 'would keep' : 'kept'} ${backups.length - removed}`;
  if (backups.length === 0) return [...left, total].join('\n');
  const table = renderTable<PrunedBackup>(
    [
      { head: 'id', value: ({ id }) => id },
      { head: 'database', value: ({ database }) => database },
      { head: 'size', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
      {
        head: '',
        value: ({ keep }) => (keep ? 'keep' : 'remove'),
        style: ({ keep }) => (keep ? 'green' : 'red'),
      },
      { head: 'why', value: ({ reasons }) => (reasons.length > 0 ? reasons.join('; ') : 'no rule keeps it') },
    ],
    backups,
    paint,
  );
  return [table, '', ...left, total].join('\n');
}

/** The newest backup of each database, and what is wrong. */
export function checkView({ databases, findings }: BackupCheck, paint: Paint): string {
  const good = databases
    .filter(({ database }) => findings.every((finding) => finding.database !== database))
    .map(({ database, newest, ageMs, sizeBytes }) => {
      const facts = `${newest ?? ''}, ${formatDuration(ageMs ?? 0)} old, ${formatBytes(sizeBytes ?? 0)}`;
      return `${paint('green', 'ok')}       ${database}: ${facts}`;
    });
  const bad = findings.map(({ kind, message }) => `${paint('red', kind.padEnd(9))}${message}`);
  return [...good, ...bad].join('\n');
}

/** What was looked at before the backup got its name. */
function checkOf({ fingerprint, encryption }: Backup): string {
  if (!fingerprint) return 'no table was read back (--no-fingerprint)';
  return encryption === null
    ? 'every table read back to its last row'
    : 'every table read to its last row on its way to encryption';
}

function encryptionRow({ encryption }: Backup): (readonly [string, string])[] {
  return encryption === null ? [] : [['encrypted', `to ${encryption.recipients.join(', ')}`]];
}

function selectionRow({ options }: Backup): (readonly [string, string])[] {
  if (options.selection === null) return [];
  const { schemas, tables, excludeTables, excludeTableData } = options.selection;
  const words = [
    ...schemas.map((pattern) => `schema ${pattern}`),
    ...tables.map((pattern) => `table ${pattern}`),
    ...excludeTables.map((pattern) => `without table ${pattern}`),
    ...excludeTableData.map((pattern) => `without rows of ${pattern}`),
  ];
  return [['part', words.join(', ')]];
}

function pinText({ at, reason }: NonNullable<Backup['pinned']>): string {
  return `${formatTime(at)}${reason === null ? '' : `, ${reason}`}`;
}

/** A figure, or `-` where the backup was taken without fingerprints. */
function known<T>(value: T | null, format: (value: T) => string): string {
  return value === null ? '-' : format(value);
}

function sizeOf({ totals }: Backup): string {
  const size = formatBytes(totals.sizeBytes);
  return totals.copyBytes === null ? size : `${size} (${formatBytes(totals.copyBytes)} of rows)`;
}

function contentOf({ totals }: BackupSummary | Backup): string {
  const parts = [
    plural(totals.tables, 'table'),
    ...(totals.rows === null ? [] : [plural(totals.rows, 'row')]),
    plural(totals.sequences, 'sequence'),
  ];
  if (totals.largeObjects > 0) parts.push(plural(totals.largeObjects, 'large object'));
  return parts.join(', ');
}
