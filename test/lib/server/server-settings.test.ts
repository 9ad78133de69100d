import { expect, test } from 'vitest';
import { serverLayout } from '../../../src/lib/server/layout.js';
import { settingsFile } from '../../../src/lib/server/server-settings.js';

const layout = (directory: string) => serverLayout({ projectRoot: '/p', directory, uid: 1000 });

test('opens no TCP port and one private socket', () => {
  const lines = settingsFile(layout('/srv/bk')).split('\n');
  expect(lines).toContain("listen_addresses = ''");
  expect(lines).toContain("unix_socket_directories = '/srv/bk/run'");
  expect(lines).toContain("unix_socket_permissions = '0700'");
});

test('quotes paths, and takes settings on top', () => {
  const lines = settingsFile(layout("/srv/o'brien's bk"), { fsync: 'off', cluster_name: 'test' }).split('\n');
  expect(lines).toContain("unix_socket_directories = '/srv/o''brien''s bk/run'");
  expect(lines).toContain("fsync = 'off'");
  expect(lines.filter((line) => line.startsWith('cluster_name'))).toEqual(["cluster_name = 'test'"]);
});
