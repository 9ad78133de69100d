import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { BkDbError } from '../errors.js';
import { SECRET_MASK } from '../secret.js';
import { FOREIGN_VARIABLES, foreignProblem } from './foreign-settings.js';
import { SETTING_NAMES, settingDefinition, type SettingName } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value that is wrong, with where it stands; secrets are masked. */
export interface ConfigIssue {
  /** A setting's name, or what stands in its place, such as an unknown key. */
  readonly setting: string;
  readonly origin: string;
  /** The text as given; the mask where it is secret or came out of a URL. */
  readonly value: string;
  readonly problem: string;
}

/** The text of a setting and the place it stands in, such as `environment PGHOST`. */
export interface Candidate {
  readonly text: string;
  readonly origin: string;
  /** True for a part of a connection URL. */
  readonly fromUrl?: true;
}

/** Texts for settings from one place; layers are searched in order. */
export interface Layer {
  readonly kind: 'flag' | 'environment' | 'env-file' | 'config-file';
  readonly entries: ReadonlyMap<SettingName, Candidate>;
  /** What is wrong with the place itself, such as keys that mean nothing. */
  readonly issues: readonly ConfigIssue[];
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
    envLayer('environment', 'environment', without(env, options.envFile, envFile?.content)),
    ...(envFile === undefined ? [] : [envLayer('env-file', envFile.name, parseEnv(envFile.content))]),
    ...(configFile === undefined ? [] : [configLayer(configFile.name, configFile.content)]),
  ];
}

/**
 * The environment without what Node 20 took out of the file: it reads an `--env-file` behind the script's name as its
 * own and puts the file's variables among ours, where they would go before the rest of the file.
 */
function without(env: Environment, asked: string | undefined, content: string | undefined): Environment {
  if (asked === undefined || content === undefined) return env;
  const file = parseEnv(content);
  return Object.fromEntries(Object.entries(env).filter(([key, value]) => value !== file[key]));
}

function flagLayer(flags: SourceOptions['flags']): Layer {
  const entries = new Map<SettingName, Candidate>();
  for (const name of SETTING_NAMES) {
    const given = flags[name];
    if (given !== undefined) entries.set(name, { text: given.text, origin: `flag --${given.flag}` });
  }
  return { kind: 'flag', entries, issues: [] };
}

/** An empty variable counts as unset, as it does for libpq. */
function envLayer(kind: Layer['kind'], place: string, env: Environment): Layer {
  const entries = new Map<SettingName, Candidate>();
  for (const name of SETTING_NAMES) {
    const variable = settingDefinition(name).env.find((key) => (env[key] ?? '') !== '');
    if (variable !== undefined)
      entries.set(name, { text: env[variable] ?? '', origin: `${place} ${variable}` });
  }
  const issues = [...FOREIGN_VARIABLES].flatMap(([variable, setting]) => {
    const value = env[variable] ?? '';
    const problem = foreignProblem(setting, value);
    return problem === undefined
      ? []
      : [
          {
            setting: setting.keyword,
            origin: `${place} ${variable}`,
            value,
            problem: `is a setting ${problem}`,
          },
        ];
  });
  return { kind, entries, issues };
}

function configLayer(file: string, content: string): Layer {
  const entries = new Map<SettingName, Candidate>();
  const issues: ConfigIssue[] = [];
  for (const [key, value] of Object.entries(parseObject(file, content))) {
    const origin = `${file} ${key}`;
    const name = SETTING_NAMES.find((candidate) => candidate === key);
    if (name === undefined) {
      const problem = `is an unknown key; known keys are ${SETTING_NAMES.join(', ')}`;
      issues.push({ setting: key, origin: file, value: SECRET_MASK, problem });
    } else if (typeof value === 'string') entries.set(name, { text: value, origin });
    else if (typeof value === 'number' || typeof value === 'boolean')
      entries.set(name, { text: String(value), origin });
    else
      issues.push({
        setting: name,
        origin,
        value: SECRET_MASK,
        problem: 'must be a text, a number, true or false',
      });
  }
  return { kind: 'config-file', entries, issues };
}

function parseObject(file: string, content: string): object {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    // Without the cause: its message quotes the file, which may hold a password.
    throw new BkDbError('CONFIG_INVALID', `${file} is not valid JSON`, {
      hint: 'Correct the file, or remove it.',
    });
  }
  if (json !== null && typeof json === 'object' && !Array.isArray(json)) return json;
  throw new BkDbError('CONFIG_INVALID', `${file} does not hold a JSON object`, {
    hint: 'Write {"url": "..."} or the like.',
  });
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
