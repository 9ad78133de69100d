import type { CreateBackupOptions } from './create-backup.js';
import type { DumpPlan } from './dump-plan.js';
import type { ArchiveReading } from './read-archive.js';
import type { Dump } from './run-dump.js';
import type { BackupManifest } from './types.js';

export interface ManifestParts {
  readonly id: string;
  readonly version: string;
  readonly options: CreateBackupOptions;
  readonly plan: DumpPlan;
  readonly dump: Dump;
  readonly reading: ArchiveReading;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly durations: BackupManifest['durations'];
}

/** Puts together what is known of a finished backup. */
export function composeManifest(parts: ManifestParts): BackupManifest {
  const { dump, reading, options, plan } = parts;
  const { facts } = dump;
  return {
    formatVersion: 1,
    id: parts.id,
    database: facts.database,
    systemIdentifier: facts.systemIdentifier,
    label: options.label ?? null,
    startedAt: parts.startedAt.toISOString(),
    finishedAt: parts.finishedAt.toISOString(),
    durations: parts.durations,
    serverVersion: facts.serverVersion,
    toolVersions: {
      bkDb: parts.version,
      node: process.versions.node,
      pgDump: dump.pgDumpVersion,
    },
    format: plan.format,
    compression: plan.compression,
    encryption: plan.recipients.length === 0 ? null : { method: 'age', recipients: [...plan.recipients] },
    fingerprint: options.fingerprint ?? true,
    globals: dump.globals,
    options: { jobs: options.jobs, selection: options.selection ?? null },
    owner: facts.owner,
    encoding: facts.encoding,
    collation: facts.collation,
    lcMonetary: facts.lcMonetary,
    databaseBytes: facts.databaseBytes,
    lsn: facts.lsn,
    schemaVersion: facts.schemaVersion,
    extensions: [...facts.extensions],
    totals: totalsOf(reading),
    tables: [...reading.tables],
    sequences: [...reading.sequences],
    largeObjects: reading.largeObjects,
    files: [...reading.files],
    warnings: [...dump.warnings],
    pinned: null,
  };
}

/** What a reading adds up to. */
export function totalsOf({
  files,
  tables,
  sequences,
  largeObjects,
}: ArchiveReading): BackupManifest['totals'] {
  return {
    sizeBytes: sum(files.map(({ sizeBytes }) => sizeBytes)),
    files: files.length,
    tables: tables.length,
    rows: sumKnown(tables.map(({ rows }) => rows)),
    copyBytes: sumKnown(tables.map(({ copyBytes }) => copyBytes)),
    sequences: sequences.length,
    largeObjects: largeObjects?.count ?? 0,
  };
}

/** Null where one of them is not known. */
function sumKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? sum(known) : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
