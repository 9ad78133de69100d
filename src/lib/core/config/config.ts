import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { ConnectionTarget, PoolSettings } from '../connection.js';
import { BkDbError } from '../errors.js';
import { Secret, SECRET_MASK } from '../secret.js';
import { findPassword, type PassfileKey } from './pgpass.js';
import { resolveSettings, type ResolvedSettings } from './resolve.js';
import { SETTING_NAMES, settingDefinition, type LogFormat, type SettingName } from './settings.js';
import { completeS3, type S3Settings } from './s3.js';
import { completeSsl } from './ssl.js';
import { readLayers, type SourceOptions } from './sources.js';

export type ConfigOptions = SourceOptions;

/** One line of `bk-db config`: what is in force and why. Secrets are masked. */
export interface EffectiveSetting {
  readonly name: SettingName;
  readonly value: string | number | boolean | null;
  readonly origin: string;
}

/** Everything bk-db was told, checked, with paths made absolute. */
export interface Config {
  /** The server and database to work on; undefined when nothing names one, which means the embedded server. */
  readonly target: ConnectionTarget | undefined;
  readonly pool: PoolSettings;
  readonly backupDir: string;
  /** File of the private key that reads encrypted backups. */
  readonly identityFile: string | undefined;
  /** Told of the start and end of `backup --ping`; a secret, because whoever has it can report a success. */
  readonly pingUrl: Secret | undefined;
  readonly s3: S3Settings;
  /** Undefined means the migrations that ship with the package. */
  readonly migrationsDir: string | undefined;
  readonly schemaFile: string | undefined;
  readonly pgBin: string | undefined;
  readonly home: string | undefined;
  readonly embeddedAllowed: boolean;
  readonly logFormat: LogFormat;
  readonly effective: readonly EffectiveSetting[];
  /** Things worth telling that are not errors, such as a password file that others can read. */
  readonly warnings: readonly string[];
}

/** Values in force when no source gives one; durations in ms. Connection defaults are libpq's. */
const DEFAULTS = {
  port: 5432,
  applicationName: 'bk-db',
  connectTimeout: 10_000,
  poolMax: 10,
  poolIdleTimeout: 30_000,
  poolMaxLifetime: 2_700_000,
  statementTimeout: 0,
  prepare: true,
  backupDir: 'backups',
  embedded: true,
  logFormat: 'text',
} as const;

/**
 * Reads, checks and completes the configuration: flags, environment, .env, config file, password file, defaults.
 * @throws BkDbError CONFIG_INVALID naming every invalid value with its source.
 */
export async function loadConfig(options: ConfigOptions): Promise<Config> {
  const resolved = resolveSettings(await readLayers(options));
  const { values, origins } = resolved;
  const warnings: string[] = [];
  const named = SETTING_NAMES.some(
    (name) => settingDefinition(name).namesTarget === true && origins[name] !== undefined,
  );
  const connection = named ? await completeConnection(resolved, options, warnings) : undefined;
  return {
    target: connection?.target,
    pool: {
      max: values.poolMax ?? DEFAULTS.poolMax,
      idleTimeoutMs: values.poolIdleTimeout ?? DEFAULTS.poolIdleTimeout,
      maxLifetimeMs: values.poolMaxLifetime ?? DEFAULTS.poolMaxLifetime,
      statementTimeoutMs: values.statementTimeout ?? DEFAULTS.statementTimeout,
      prepare: values.prepare ?? DEFAULTS.prepare,
    },
    backupDir: resolve(options.cwd, values.backupDir ?? DEFAULTS.backupDir),
    identityFile: absolute(options.cwd, values.identity),
    pingUrl: values.pingUrl === undefined ? undefined : new Secret(values.pingUrl),
    s3: completeS3(resolved, homeDirectory(options.env)),
    migrationsDir: absolute(options.cwd, values.migrationsDir),
    schemaFile: absolute(options.cwd, values.schemaFile),
    pgBin: absolute(options.cwd, values.pgBin),
    home: absolute(options.cwd, values.home),
    embeddedAllowed: values.embedded ?? DEFAULTS.embedded,
    logFormat: values.logFormat ?? DEFAULTS.logFormat,
    effective: effectiveSettings(resolved, connection),
    warnings,
  };
}

interface CompletedConnection {
  readonly target: ConnectionTarget;
  readonly passwordOrigin: string | undefined;
}

async function completeConnection(
  { values, origins }: ResolvedSettings,
  { cwd, env }: SourceOptions,
  warnings: string[],
): Promise<CompletedConnection> {
  const port = values.port ?? DEFAULTS.port;
  const user = values.user ?? systemUser();
  const home = homeDirectory(env);
  const key: PassfileKey = {
    host: values.host ?? defaultHost(port),
    port,
    user,
    database: values.database ?? user,
  };
  if (key.host.includes(',')) {
    throw new BkDbError(
      'CONFIG_INVALID',
      `host (${origins.host ?? ''}) names several hosts; bk-db connects to one`,
      {
        hint: 'Name the host to work on.',
      },
    );
  }
  const passfile = absolute(cwd, values.passfile) ?? join(home, '.pgpass');
  const found = values.password === undefined ? await readPassfile(passfile, key, warnings) : undefined;
  const password = values.password ?? found?.password;
  return {
    passwordOrigin: found === undefined ? origins.password : `${passfile} line ${found.line}`,
    target: {
      ...key,
      password: password === undefined ? undefined : new Secret(password),
      ssl: completeSsl(values, cwd, home),
      applicationName: values.applicationName ?? DEFAULTS.applicationName,
      connectTimeoutMs: values.connectTimeout ?? DEFAULTS.connectTimeout,
      options: values.options,
    },
  };
}

/** libpq's default host: the socket directory of the build; here the one that has the socket. */
function defaultHost(port: number): string {
  const directories = ['/var/run/postgresql', '/tmp'];
  return directories.find((directory) => existsSync(join(directory, `.s.PGSQL.${port}`))) ?? 'localhost';
}

/** libpq's rule: an unreadable file or one without a match counts as absent, one that others may read is ignored. */
async function readPassfile(file: string, key: PassfileKey, warnings: string[]) {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      warnings.push(`${file} is ignored: others may read it; run chmod 600 on it`);
      return undefined;
    }
    return findPassword(await readFile(file, 'utf8'), key);
  } catch {
    return undefined;
  }
}

/** As libpq has it: HOME first, then the account's entry. */
function homeDirectory(env: SourceOptions['env']): string {
  const home = env['HOME'] ?? '';
  return home === '' ? homedir() : home;
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new BkDbError(
      'CONFIG_INVALID',
      'no role is configured, and this account has no name to use instead',
      {
        hint: 'Set PGUSER, or name the role in the URL.',
        cause,
      },
    );
  }
}

function absolute(cwd: string, path: string | undefined): string | undefined {
  return path === undefined || isAbsolute(path) ? path : resolve(cwd, path);
}

function effectiveSettings(
  resolved: ResolvedSettings,
  connection: CompletedConnection | undefined,
): EffectiveSetting[] {
  const values: Partial<Record<SettingName, unknown>> = resolved.values;
  const defaults: Partial<Record<SettingName, unknown>> = DEFAULTS;
  const target = connection?.target;
  const derived: Partial<Record<SettingName, unknown>> = target === undefined ? {} : derivedSettings(target);
  const isConnection = (name: SettingName) => settingDefinition(name).namesTarget === true;
  return SETTING_NAMES.map((name) => {
    if (name === 'password' && connection?.passwordOrigin !== undefined) {
      return { name, value: SECRET_MASK, origin: connection.passwordOrigin };
    }
    const origin = resolved.origins[name];
    const secret = settingDefinition(name).secret === true;
    const inForce = name === 'sslMode' ? (derived[name] ?? values[name]) : values[name];
    if (origin !== undefined) return { name, value: secret ? SECRET_MASK : shown(inForce), origin };
    const fallback =
      isConnection(name) && target === undefined ? undefined : (derived[name] ?? defaults[name]);
    return { name, value: shown(fallback), origin: fallback === undefined ? 'not set' : 'default' };
  });
}

/** What a target holds beyond what was said: libpq's defaults, and files found in their usual places. */
function derivedSettings({ host, user, database, ssl }: ConnectionTarget) {
  return {
    host,
    user,
    database,
    sslMode: ssl.mode,
    sslRootCert: ssl.rootCertFile,
    sslCert: ssl.certFile,
    sslKey: ssl.keyFile,
  };
}

function shown(value: unknown): string | number | boolean | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
