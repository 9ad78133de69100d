import { BkDbError } from '../errors.js';
import { SECRET_MASK } from '../secret.js';
import { parseConnectionUrl } from './connection-url.js';
import { SETTING_NAMES, settingDefinition, type SettingName, type SettingValue } from './settings.js';
import type { Candidate, ConfigIssue, Layer } from './sources.js';

/** The checked values of all settings that some source gives, and where each came from. */
export interface ResolvedSettings {
  readonly values: Readonly<{ [N in SettingName]?: SettingValue<N> }>;
  readonly origins: Readonly<Partial<Record<SettingName, string>>>;
}

/**
 * Chooses and checks one value per setting: the first layer that has it wins, and within a layer
 * the URL's parts win over separate settings, as in libpq. Pure.
 * @throws BkDbError CONFIG_INVALID naming every invalid value with its source, all at once.
 */
export function resolveSettings(layers: readonly Layer[]): ResolvedSettings {
  const issues: ConfigIssue[] = layers.flatMap((layer) => layer.issues);
  const expanded = layers.map((layer) => expandUrl(layer, issues));
  const values: Record<string, unknown> = {};
  const origins: Partial<Record<SettingName, string>> = {};
  for (const name of SETTING_NAMES) {
    const candidate = expanded.map((layer) => layer.get(name)).find((found) => found !== undefined);
    if (candidate === undefined) continue;
    const result = settingDefinition(name).schema.safeParse(candidate.text);
    if (result.success) {
      values[name] = result.data;
      origins[name] = candidate.origin;
    } else {
      issues.push(issueOf(name, candidate, result.error.issues.map((issue) => issue.message).join('; ')));
    }
  }
  if (issues.length > 0) throw invalidConfig(issues);
  return { values, origins };
}

function expandUrl(layer: Layer, issues: ConfigIssue[]): ReadonlyMap<SettingName, Candidate> {
  const url = layer.entries.get('url');
  if (url === undefined) return layer.entries;
  const parsed = parseConnectionUrl(url.text);
  if (!parsed.ok) {
    issues.push(issueOf('url', url, parsed.problem));
    return layer.entries;
  }
  const entries = new Map<SettingName, Candidate>(layer.entries);
  for (const name of SETTING_NAMES) {
    const text = parsed.parts[name];
    if (text !== undefined) entries.set(name, { text, origin: url.origin, fromUrl: true });
  }
  return entries;
}

/** A wrong part of a URL is not repeated: what was cut out of it may be a piece of the password. */
function issueOf(setting: SettingName, { text, origin, fromUrl }: Candidate, problem: string): ConfigIssue {
  const hidden = settingDefinition(setting).secret === true || fromUrl === true;
  const value = hidden ? SECRET_MASK : text;
  return { setting, origin, value, problem };
}

function invalidConfig(issues: readonly ConfigIssue[]): BkDbError {
  const lines = issues.map(
    (issue) => `${issue.setting} (${issue.origin}) ${issue.problem}${shownValue(issue)}`,
  );
  const message =
    lines.length === 1
      ? `invalid configuration: ${lines[0] ?? ''}`
      : `${lines.length} settings are invalid:\n  ${lines.join('\n  ')}`;
  return new BkDbError('CONFIG_INVALID', message, {
    hint: '`bk-db config` shows where every value comes from; `bk-db help environment` lists them all.',
    details: { issues },
  });
}

function shownValue(issue: ConfigIssue): string {
  return issue.value === SECRET_MASK ? '' : `, not ${JSON.stringify(issue.value)}`;
}
