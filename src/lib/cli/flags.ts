import { availableParallelism } from 'node:os';
import { Args, Errors, Flags } from '@oclif/core';
import { parseDuration } from '../core/duration.js';
import { parseSize } from '../core/size.js';
import { LOG_FORMATS, type SettingName } from '../core/config/index.js';

const group = { helpGroup: 'GLOBAL' } as const;

/** The flags every command has. */
export const globalFlags = {
  url: Flags.string({
    ...group,
    helpValue: 'URL',
    summary: 'connection URL (else BK_DB_URL, DATABASE_URL, PG* variables)',
  }),
  'env-file': Flags.string({
    ...group,
    helpValue: 'FILE',
    summary: 'file of environment variables (default .env when present)',
  }),
  config: Flags.string({
    ...group,
    helpValue: 'FILE',
    summary: 'configuration file (default bk-db.config.json when present)',
  }),
  json: Flags.boolean({ ...group, summary: 'print one JSON document on stdout' }),
  quiet: Flags.boolean({ ...group, summary: 'only data, warnings and errors' }),
  verbose: Flags.boolean({ ...group, summary: 'say more on stderr', exclusive: ['quiet'] }),
  'no-color': Flags.boolean({ ...group, summary: 'no colour (also NO_COLOR)' }),
  'log-format': Flags.option({ ...group, options: LOG_FORMATS, summary: 'form of the lines on stderr' })(),
} as const;

/** Where to leave the JSON document as a file, beside what is printed. */
export const reportFlag = Flags.string({
  helpValue: 'FILE',
  summary: 'also write the JSON document to this file, of a success or of a failure',
});

/** A flag whose value is a duration such as `30s`; the command gets milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'D',
  parse: async (text) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return Promise.resolve(ms);
    throw new Errors.CLIError(`"${text}" is not a duration such as 500ms, 30s, 5m or 2h`);
  },
});

/** A flag whose value is a size such as `10MB`; the command gets bytes. */
export const sizeFlag = Flags.custom<number>({
  helpValue: 'SIZE',
  parse: async (text) => {
    const bytes = parseSize(text);
    if (bytes !== undefined) return Promise.resolve(bytes);
    throw new Errors.CLIError(`"${text}" is not a size such as 500MB or 20GB`);
  },
});

/** Flags that say what a setting says; the flag wins. */
export const FLAG_SETTINGS: Readonly<Record<string, SettingName>> = {
  url: 'url',
  'log-format': 'logFormat',
  dir: 'backupDir',
  identity: 'identity',
  'remote-store': 'remote',
  'migrations-dir': 'migrationsDir',
  'schema-file': 'schemaFile',
  'statement-timeout': 'statementTimeout',
};

/** The store's directory, for every backup and restore command. */
export const dirFlag = Flags.string({
  helpValue: 'DIR',
  summary: 'the backup store (BK_DB_BACKUP_DIR, default ./backups)',
});

/** The private key, for every command that reads what is in a backup. */
export const identityFlag = Flags.string({
  helpValue: 'FILE',
  summary: "age's private key, for an encrypted backup (BK_DB_IDENTITY)",
});

/** The remote store, for every command that reaches it. */
export const remoteStoreFlag = Flags.string({
  helpValue: 'URL',
  summary: 'remote store, s3://bucket/prefix (BK_DB_REMOTE)',
});

/** Which backup is meant. */
export const backupArgument = Args.string({
  default: 'latest',
  description: 'id (or its beginning), latest, or path of a backup',
});

/** How many tables are worked on at the same time. */
export const jobsFlag = Flags.integer({
  helpValue: 'N',
  min: 1,
  max: 64,
  defaultHelp: async () => Promise.resolve('processors, at most 4'),
  default: async () => Promise.resolve(Math.min(availableParallelism(), 4)),
  noCacheDefault: true,
  summary: 'tables worked on at the same time',
});

/** The folder of migrations, for every migrate command. */
export const migrationsDirFlag = Flags.string({
  helpValue: 'DIR',
  summary: 'folder of the migrations (BK_DB_MIGRATIONS_DIR; default: the packaged schema)',
});

/** Where the schema is kept as text, for commands that change or check it. */
export const schemaFileFlag = Flags.string({
  helpValue: 'FILE',
  summary: 'keep the schema in this file, written only when it changes (BK_DB_SCHEMA_FILE)',
});

/** Agrees to destructive work where nobody can be asked. */
export const yesFlag = Flags.boolean({ summary: 'do it without asking' });
