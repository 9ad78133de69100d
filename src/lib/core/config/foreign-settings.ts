/** A setting of libpq that bk-db has not got. */
export interface ForeignSetting {
  readonly keyword: string;
  readonly env?: string;
  /** Values that ask for nothing bk-db would not do anyway; `any` value for what only tunes. */
  readonly harmless: readonly string[] | 'any';
  readonly instead?: string;
}

/**
 * What libpq's tools would obey and bk-db's own client would not. Ignoring one could mean another server than the one
 * that was asked for, or a weaker connection, so they are refused by name.
 */
const FOREIGN_SETTINGS: readonly ForeignSetting[] = [
  { keyword: 'service', env: 'PGSERVICE', harmless: [], instead: 'write its settings into the URL' },
  { keyword: 'hostaddr', env: 'PGHOSTADDR', harmless: [], instead: 'give the address as host' },
  {
    keyword: 'target_session_attrs',
    env: 'PGTARGETSESSIONATTRS',
    harmless: [],
    instead: 'name the server to work on',
  },
  {
    keyword: 'channel_binding',
    env: 'PGCHANNELBINDING',
    harmless: ['disable', 'prefer'],
    instead: 'leave it out and use sslmode=verify-full, which protects as well',
  },
  { keyword: 'gssencmode', env: 'PGGSSENCMODE', harmless: ['disable', 'prefer'], instead: 'use TLS' },
  { keyword: 'require_auth', env: 'PGREQUIREAUTH', harmless: [] },
  { keyword: 'requirepeer', env: 'PGREQUIREPEER', harmless: [] },
  { keyword: 'sslcrl', env: 'PGSSLCRL', harmless: [] },
  { keyword: 'sslcrldir', env: 'PGSSLCRLDIR', harmless: [] },
  { keyword: 'sslpassword', harmless: [], instead: 'use a key file without a passphrase' },
  {
    keyword: 'ssl_min_protocol_version',
    env: 'PGSSLMINPROTOCOLVERSION',
    harmless: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
  },
  { keyword: 'ssl_max_protocol_version', env: 'PGSSLMAXPROTOCOLVERSION', harmless: ['TLSv1.3'] },
  { keyword: 'sslnegotiation', env: 'PGSSLNEGOTIATION', harmless: ['postgres'] },
  { keyword: 'sslcertmode', env: 'PGSSLCERTMODE', harmless: ['allow'] },
  { keyword: 'sslsni', env: 'PGSSLSNI', harmless: ['1'] },
  { keyword: 'load_balance_hosts', env: 'PGLOADBALANCEHOSTS', harmless: 'any' },
  { keyword: 'fallback_application_name', harmless: 'any' },
  { keyword: 'client_encoding', harmless: 'any' },
  { keyword: 'sslcompression', harmless: 'any' },
  { keyword: 'keepalives', harmless: 'any' },
  { keyword: 'keepalives_idle', harmless: 'any' },
  { keyword: 'keepalives_interval', harmless: 'any' },
  { keyword: 'keepalives_count', harmless: 'any' },
  { keyword: 'tcp_user_timeout', harmless: 'any' },
  { keyword: 'krbsrvname', harmless: 'any' },
  { keyword: 'gsslib', harmless: 'any' },
];

/** By the keyword of a connection URL. */
export const FOREIGN_KEYWORDS: ReadonlyMap<string, ForeignSetting> = new Map(
  FOREIGN_SETTINGS.map((setting) => [setting.keyword, setting]),
);

/** By the environment variable. */
export const FOREIGN_VARIABLES: ReadonlyMap<string, ForeignSetting> = new Map(
  FOREIGN_SETTINGS.flatMap((setting) => (setting.env === undefined ? [] : [[setting.env, setting] as const])),
);

/** Why this value cannot be had, or undefined when it makes no difference. */
export function foreignProblem({ harmless, instead }: ForeignSetting, value: string): string | undefined {
  if (value === '' || harmless === 'any' || harmless.includes(value)) return undefined;
  return instead === undefined ? 'bk-db does not support' : `bk-db does not support: ${instead}`;
}
