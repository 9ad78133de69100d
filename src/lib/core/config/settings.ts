import * as z from 'zod';
import { parseDuration } from '../duration.js';

/** How strictly TLS is demanded; the names and their order are libpq's. */
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

const text = z
  .string()
  .min(1, 'must not be empty')
  .refine((value) => !value.includes('\0'), 'must not contain a NUL');

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

const duration = z.string().transform((value, ctx) => {
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  ctx.addIssue({ code: 'custom', message: 'must be a duration such as 500ms, 30s, 5m or 2h' });
  return z.NEVER;
});

const TRUE = ['true', 'on', 'yes', '1'];
const FALSE = ['false', 'off', 'no', '0'];
const flag = z
  .string()
  .toLowerCase()
  .refine((value) => [...TRUE, ...FALSE].includes(value), 'must be true or false')
  .transform((value) => TRUE.includes(value));

function isWebUrl(value: string): boolean {
  return URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
}

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** Where one setting may come from, how it is checked, and whether it may be shown. */
export interface SettingDefinition {
  /** Turns the text that a source gives into the value. */
  readonly schema: z.ZodType<unknown, string>;
  /** Environment variables (also read from the .env file), the first that is set wins. */
  readonly env: readonly string[];
  /** The libpq keyword in a connection URL's query, where the URL can carry the setting. */
  readonly urlKeyword?: string;
  /** True for what names the target: any of these keeps the embedded server out of play. */
  readonly namesTarget?: true;
  readonly secret?: true;
  readonly describe: string;
}

/** Every setting bk-db knows, in the order in which `bk-db config` shows them. */
const SETTINGS = {
  url: {
    schema: text,
    env: ['BK_DB_URL', 'DATABASE_URL'],
    namesTarget: true,
    secret: true,
    describe: 'connection URL',
  },
  host: {
    schema: text,
    env: ['PGHOST'],
    urlKeyword: 'host',
    namesTarget: true,
    describe: 'host name, address or socket directory',
  },
  port: {
    schema: wholeNumber(1, 65_535),
    env: ['PGPORT'],
    urlKeyword: 'port',
    namesTarget: true,
    describe: 'TCP port, or number of the socket',
  },
  user: {
    schema: text,
    env: ['PGUSER'],
    urlKeyword: 'user',
    namesTarget: true,
    describe: 'role to connect as',
  },
  password: {
    schema: text,
    env: ['PGPASSWORD'],
    urlKeyword: 'password',
    namesTarget: true,
    secret: true,
    describe: 'password of the role',
  },
  database: {
    schema: text,
    env: ['PGDATABASE'],
    urlKeyword: 'dbname',
    namesTarget: true,
    describe: 'database name',
  },
  passfile: {
    schema: text,
    env: ['PGPASSFILE'],
    urlKeyword: 'passfile',
    namesTarget: true,
    describe: 'password file (default ~/.pgpass)',
  },
  sslMode: {
    schema: oneOf(SSL_MODES),
    env: ['PGSSLMODE'],
    urlKeyword: 'sslmode',
    namesTarget: true,
    describe: 'how strictly TLS is demanded',
  },
  sslRootCert: {
    schema: text,
    env: ['PGSSLROOTCERT'],
    urlKeyword: 'sslrootcert',
    namesTarget: true,
    describe: 'file of trusted certificate authorities',
  },
  sslCert: {
    schema: text,
    env: ['PGSSLCERT'],
    urlKeyword: 'sslcert',
    namesTarget: true,
    describe: 'client certificate file',
  },
  sslKey: {
    schema: text,
    env: ['PGSSLKEY'],
    urlKeyword: 'sslkey',
    namesTarget: true,
    describe: 'client key file',
  },
  options: {
    schema: text,
    env: ['PGOPTIONS'],
    urlKeyword: 'options',
    describe: 'server options of the session',
  },
  applicationName: {
    schema: text,
    env: ['PGAPPNAME'],
    urlKeyword: 'application_name',
    describe: 'name shown in pg_stat_activity',
  },
  connectTimeout: {
    schema: duration,
    env: ['PGCONNECT_TIMEOUT'],
    urlKeyword: 'connect_timeout',
    describe: 'time limit for connecting',
  },
  poolMax: {
    schema: wholeNumber(1, 1_000),
    env: ['BK_DB_POOL_MAX'],
    describe: 'connections of the pool at most',
  },
  poolIdleTimeout: {
    schema: duration,
    env: ['BK_DB_POOL_IDLE_TIMEOUT'],
    describe: 'an idle connection is closed after this; 0 never',
  },
  poolMaxLifetime: {
    schema: duration,
    env: ['BK_DB_POOL_MAX_LIFETIME'],
    describe: 'a connection is replaced after this; 0 never',
  },
  statementTimeout: {
    schema: duration,
    env: ['BK_DB_STATEMENT_TIMEOUT'],
    describe: 'time limit for one statement; 0 none',
  },
  prepare: {
    schema: flag,
    env: ['BK_DB_PREPARE'],
    describe: 'prepared statements; false behind a transaction pooler',
  },
  backupDir: { schema: text, env: ['BK_DB_BACKUP_DIR'], describe: 'the backup store' },
  identity: {
    schema: text,
    env: ['BK_DB_IDENTITY'],
    describe: "file of age's private key, for encrypted backups",
  },
  pingUrl: {
    schema: text.refine(isWebUrl, 'must be a http:// or https:// URL'),
    env: ['BK_DB_PING_URL'],
    secret: true,
    describe: 'URL that `backup --ping` tells of start, success and failure',
  },
  remote: { schema: text, env: ['BK_DB_REMOTE'], describe: 'remote backup store: s3://bucket/prefix' },
  s3Endpoint: {
    schema: text.refine(isWebUrl, 'must be a http:// or https:// URL'),
    env: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    describe: "address of an object storage that is not Amazon's",
  },
  s3Region: {
    schema: text.refine((value) => /^[a-z0-9-]+$/.test(value), 'must be a name such as eu-central-1'),
    env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    describe: 'region of the object storage (default us-east-1)',
  },
  s3AccessKeyId: { schema: text, env: ['AWS_ACCESS_KEY_ID'], describe: 'key of the object storage' },
  s3SecretAccessKey: {
    schema: text,
    env: ['AWS_SECRET_ACCESS_KEY'],
    secret: true,
    describe: 'secret of that key',
  },
  s3SessionToken: {
    schema: text,
    env: ['AWS_SESSION_TOKEN'],
    secret: true,
    describe: 'token of a temporary key',
  },
  s3CredentialsFile: {
    schema: text,
    env: ['AWS_SHARED_CREDENTIALS_FILE'],
    describe: 'file of keys (default ~/.aws/credentials), where none is set here',
  },
  s3Profile: { schema: text, env: ['AWS_PROFILE'], describe: 'profile in that file (default: default)' },
  migrationsDir: { schema: text, env: ['BK_DB_MIGRATIONS_DIR'], describe: 'folder of the migrations' },
  schemaFile: {
    schema: text,
    env: ['BK_DB_SCHEMA_FILE'],
    describe: 'file that migrate keeps the schema in (default none)',
  },
  pgBin: { schema: text, env: ['BK_DB_PG_BIN'], describe: 'folder of pg_dump, pg_restore and the server' },
  home: { schema: text, env: ['BK_DB_HOME'], describe: 'where the embedded server keeps its data' },
  embedded: { schema: flag, env: ['BK_DB_EMBEDDED'], describe: 'false forbids the embedded server' },
  logFormat: {
    schema: oneOf(LOG_FORMATS),
    env: ['BK_DB_LOG_FORMAT'],
    describe: 'form of the lines on stderr',
  },
} as const satisfies Record<string, SettingDefinition>;

export type SettingName = keyof typeof SETTINGS;

/** The checked value of a setting. */
export type SettingValue<N extends SettingName> = z.output<(typeof SETTINGS)[N]['schema']>;

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** One setting's definition under its general type. */
export function settingDefinition(name: SettingName): SettingDefinition {
  return SETTINGS[name];
}
