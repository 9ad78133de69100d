import { SETTING_NAMES, settingDefinition, type SettingName } from './settings.js';

/** What a connection URL says, as text per setting, or what is wrong with it. Values of a bad URL are never repeated. */
export type ParsedUrl =
  | { readonly ok: true; readonly parts: Readonly<Partial<Record<SettingName, string>>> }
  | { readonly ok: false; readonly problem: string };

const KEYWORDS: ReadonlyMap<string, SettingName> = new Map(
  SETTING_NAMES.flatMap((name) => {
    const keyword = settingDefinition(name).urlKeyword;
    return keyword === undefined ? [] : [[keyword, name] as const];
  }),
);

/**
 * Parses `postgresql://user:password@host:port/database?keyword=value` as libpq does (PostgreSQL 34.1.1.2):
 * percent-encoding everywhere, `host` may be a socket directory in the query, unknown keywords are refused.
 */
export function parseConnectionUrl(url: string): ParsedUrl {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    return problem('must start with postgresql:// or postgres://');
  }
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return problem(
      'is not a valid URL; percent-encode special characters in the password (@ is %40, / is %2F, # is %23)',
    );
  }
  if (parsed.hash !== '') return problem('has an unencoded # in it; write it as %23');
  try {
    return readParts(parsed);
  } catch {
    return problem('has a broken percent-encoding; write a % as %25');
  }
}

function readParts(url: URL): ParsedUrl {
  const parts: Partial<Record<SettingName, string>> = {};
  const put = (name: SettingName, encoded: string) => {
    if (encoded !== '') parts[name] = decodeURIComponent(encoded);
  };
  put('user', url.username);
  put('password', url.password);
  put('host', url.hostname.replace(/^\[(.*)\]$/, '$1'));
  put('port', url.port);
  put('database', url.pathname.slice(1));
  for (const [keyword, value] of url.searchParams) {
    if (keyword === 'ssl' && value === 'true') {
      parts.sslMode = 'require';
      continue;
    }
    const name = KEYWORDS.get(keyword);
    if (name === undefined) {
      return problem(`has an unknown parameter "${keyword}"; known are ${[...KEYWORDS.keys()].join(', ')}`);
    }
    parts[name] = value;
  }
  if (parts.host?.includes(',') === true) return problem('names several hosts; bk-db connects to one');
  return { ok: true, parts };
}

function problem(text: string): ParsedUrl {
  return { ok: false, problem: text };
}
