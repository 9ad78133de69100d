import { FOREIGN_KEYWORDS, foreignProblem } from './foreign-settings.js';
import { SETTING_NAMES, settingDefinition, type SettingName } from './settings.js';

/** What a connection URL says, as text per setting, or what is wrong with it. Values of a bad URL are never repeated. */
export type ParsedUrl =
  | { readonly ok: true; readonly parts: Readonly<Partial<Record<SettingName, string>>> }
  | { readonly ok: false; readonly problem: string };

type Parts = Partial<Record<SettingName, string>>;

const KEYWORDS: ReadonlyMap<string, SettingName> = new Map(
  SETTING_NAMES.flatMap((name) => {
    const keyword = settingDefinition(name).urlKeyword;
    return keyword === undefined ? [] : [[keyword, name] as const];
  }),
);

const ENCODE_HINT =
  'percent-encode special characters in the user name and password (@ is %40, / is %2F, : is %3A, % is %25)';

/** Thrown inside this file only: a sentence without any value of the URL. */
class Problem extends Error {}

/**
 * Parses `postgresql://user:password@host:port/database?keyword=value` by libpq's own grammar (PostgreSQL 34.1.1.2),
 * not by WHATWG's, which knows no empty host beside a user, drops line breaks and turns + into a space.
 */
export function parseConnectionUrl(url: string): ParsedUrl {
  const scheme = /^postgres(?:ql)?:\/\//.exec(url)?.[0];
  if (scheme === undefined) return { ok: false, problem: 'must start with postgresql:// or postgres://' };
  try {
    return { ok: true, parts: readParts(url.slice(scheme.length)) };
  } catch (error) {
    if (error instanceof Problem) return { ok: false, problem: error.message };
    throw error;
  }
}

function readParts(text: string): Parts {
  const parts: Parts = {};
  const put = (name: SettingName, encoded: string) => {
    if (encoded !== '') parts[name] = decode(encoded);
  };
  const credentials = /^[^@/]*@/.exec(text)?.[0] ?? '';
  const [user = '', ...password] = credentials.slice(0, -1).split(':');
  put('user', user);
  put('password', password.join(':'));
  const rest = text.slice(credentials.length);
  const place = /^(\[[^\]]*\]|(?!\[)[^:/?]*)(:[^/?]*)?(\/[^?]*)?(\?.*)?$/s.exec(rest);
  if (place === null) throw new Problem('has a broken host; an IPv6 address stands in square brackets');
  const [, host = '', port = '', path = '', query = ''] = place;
  if (host === '[]') throw new Problem('has an empty IPv6 address');
  if (`${host}${port}`.includes(',')) throw new Problem('names several hosts; bk-db connects to one');
  // A stray @ or / in the password lands in the host or port; showing that would show the password.
  if (!/^(:\d*)?$/.test(port)) throw new Problem(`has a port that is no number; ${ENCODE_HINT}`);
  put('host', host.replace(/^\[(.*)\]$/s, '$1'));
  put('port', port.slice(1));
  put('database', path.slice(1));
  readQuery(query.slice(1), parts, credentials === '' && rest.includes('@'));
  if (parts.host?.includes(',') === true) throw new Problem('names several hosts; bk-db connects to one');
  return parts;
}

function readQuery(query: string, parts: Parts, straySign: boolean): void {
  for (const pair of query === '' ? [] : query.split('&')) {
    const [rawKeyword = '', rawValue, extra] = pair.split('=');
    if (rawValue === undefined || extra !== undefined) {
      throw new Problem('has a query that is not a list of keyword=value; write = as %3D and & as %26');
    }
    const [keyword, value] = [decode(rawKeyword), decode(rawValue)];
    if (keyword === 'ssl' && value === 'true') {
      parts.sslMode = 'require';
      continue;
    }
    const name = KEYWORDS.get(keyword);
    if (name !== undefined) {
      if (value !== '') parts[name] = value;
      continue;
    }
    const problem = straySign
      ? `has a query in the wrong place; ${ENCODE_HINT}`
      : queryProblem(keyword, value);
    if (problem !== undefined) throw new Problem(problem);
  }
}

function queryProblem(keyword: string, value: string): string | undefined {
  const foreign = FOREIGN_KEYWORDS.get(keyword);
  if (foreign === undefined) {
    return `has an unknown parameter ${JSON.stringify(keyword)}; known are ${[...KEYWORDS.keys()].join(', ')}`;
  }
  const problem = foreignProblem(foreign, value);
  return problem === undefined ? undefined : `has the parameter ${keyword}, which ${problem}`;
}

function decode(encoded: string): string {
  if (/%(?![0-9a-f]{2})/i.test(encoded)) throw new Problem('has a broken percent-encoding; write a % as %25');
  if (encoded.includes('%00')) throw new Problem('has a %00 in it, which no value may hold');
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new Problem('has a percent-encoding that is not UTF-8');
  }
}
