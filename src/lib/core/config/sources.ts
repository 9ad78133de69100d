import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { BkDbError } from '../errors.js';
import { SETTING_NAMES, settingDefinition, type SettingName } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Texts for settings from one place; layers are searched in order. */
export interface Layer {
  readonly kind: 'flag' | 'environment' | 'env-file' | 'config-file';
  /** The text of a setting and the place it stands in, such as `environment PGHOST`. */
  readonly entries: ReadonlyMap<SettingName, { readonly text: string; readonly origin: string }>;
}

export interface SourceOptions {
  /** Settings given as flags, each with the flag's name. */
  readonly flags: Readonly<Partial<Record<SettingName, { readonly text: string; readonly flag: string }>>>;
  readonly env: Environment;
  readonly cwd: string;
  /** File of `--env-file`; without it `.env` is read when present. */
  readonly envFile?: string | undefined;
  /** File of `--config`; without it `bk-db.config.json` is read when present. */
  readonly configFile?: string | undefined;
}

/** Reads every source of settings, in the order of precedence: flags, environment, .env file, config file. */
export async function readLayers(options: SourceOptions): Promise<Layer[]> {
  const { flags, env, cwd } = options;
  const [envFile, configFile] = await Promise.all([
    readOptional(cwd, options.envFile, '.env', '--env-file'),
    readOptional(cwd, options.configFile, 'bk-db.config.json', '--config'),
  ]);
  return [
    flagLayer(flags),
    envLayer('environment', 'environment', env),
    ...(envFile === undefined ? [] : [envLayer('env-file', envFile.name, parseEnv(envFile.content))]),
    ...(configFile === undefined ? [] : [configLayer(configFile.name, configFile.content)]),
  ];
}

function flagLayer(flags: SourceOptions['flags']): Layer {
  const entries = new Map<SettingName, { text: string; origin: string }>();
  for (const name of SETTING_NAMES) {
    const given = flags[name];
    if (given !== undefined) entries.set(name, { text: given.text, origin: `flag --${given.flag}` });
  }
  return { kind: 'flag', entries };
}

/** An empty variable counts as unset, as it does for libpq. */
function envLayer(kind: Layer['kind'], place: string, env: Environment): Layer {
  const entries = new Map<SettingName, { text: string; origin: string }>();
  for (const name of SETTING_NAMES) {
    const variable = settingDefinition(name).env.find((key) => (env[key] ?? '') !== '');
    if (variable !== undefined)
      entries.set(name, { text: env[variable] ?? '', origin: `${place} ${variable}` });
  }
  return { kind, entries };
}

function configLayer(file: string, content: string): Layer {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (cause) {
    throw new BkDbError('CONFIG_INVALID', `${file} is not valid JSON`, {
      hint: 'Correct the file, or remove it.',
      cause,
    });
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    throw new BkDbError('CONFIG_INVALID', `${file} does not hold a JSON object`, {
      hint: 'Write {"url": "..."} or the like.',
    });
  }
  const entries = new Map<SettingName, { text: string; origin: string }>();
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(json)) {
    const name = SETTING_NAMES.find((candidate) => candidate === key);
    if (name === undefined) unknown.push(key);
    else entries.set(name, { text: scalarText(value), origin: `${file} ${key}` });
  }
  if (unknown.length > 0) {
    throw new BkDbError('CONFIG_INVALID', `${file} has unknown keys: ${unknown.join(', ')}`, {
      hint: `Known keys are ${SETTING_NAMES.join(', ')}.`,
    });
  }
  return { kind: 'config-file', entries };
}

function scalarText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function readOptional(
  cwd: string,
  asked: string | undefined,
  fallback: string,
  flag: string,
): Promise<{ name: string; content: string } | undefined> {
  const name = asked ?? fallback;
  try {
    return { name, content: await readFile(resolve(cwd, name), 'utf8') };
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (asked === undefined && missing) return undefined;
    throw new BkDbError('CONFIG_INVALID', `cannot read ${name}${asked === undefined ? '' : ` of ${flag}`}`, {
      hint: 'Check the path and its permissions.',
      cause,
    });
  }
}
