import type { ServerLayout } from './layout.js';

/** Settings of postgresql.conf by name. */
export type ServerSettings = Readonly<Record<string, string>>;

/** The file that holds bk-db's settings, in the data directory. */
export const SETTINGS_FILE = 'bk-db.conf';

/** The content of the settings file: no TCP, one private socket, passwords always; then what the caller asks for. */
export function settingsFile(layout: ServerLayout, extra: ServerSettings = {}): string {
  const settings: ServerSettings = {
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: layout.socketDirectory,
    unix_socket_permissions: '0700',
    password_encryption: 'scram-sha-256',
    cluster_name: 'bk-db',
    lc_messages: 'C',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_line_prefix: '%m [%p] %q%u@%d ',
    ...extra,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  return [
    '# Written by bk-db at each start. Settings of your own belong into ALTER SYSTEM, which wins.',
    ...lines,
    '',
  ].join('\n');
}
