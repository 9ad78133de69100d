import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDatabase } from '../../../src/lib/core/database.js';
import {
  giveToServer,
  makeCertificates,
  startNetworkServer,
  type Certificates,
  type NetworkServer,
} from '../../support/network-server.js';
import { reachWithClient, reachWithPsql, reachWithTools } from '../../support/reach.js';

const hasIPv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

let certificates: Certificates;
let server: NetworkServer;
let plainServer: NetworkServer;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'bk-db-tls-'));
  server = await startNetworkServer({
    hba: [
      'hostssl all certuser localhost cert',
      'hostnossl all plainuser localhost scram-sha-256',
      'host all app localhost scram-sha-256',
    ],
    settings: async (directory) => {
      certificates = await makeCertificates(directory);
      await giveToServer(certificates.server.key);
      return {
        ssl: 'on',
        ssl_cert_file: certificates.server.cert,
        ssl_key_file: certificates.server.key,
        ssl_ca_file: certificates.ca,
      };
    },
  });
  plainServer = await startNetworkServer({
    hba: ['host all app 127.0.0.1/32 scram-sha-256', 'host all app ::1/128 scram-sha-256'],
  });
  for (const { admin } of [server, plainServer]) {
    await withDatabase(admin, {}, async ({ sql }) => {
      await sql`create role app login password 'pw'`;
      await sql`create role plainuser login password 'pw'`;
      await sql`create role certuser login`;
    });
  }
});

afterAll(async () => {
  await server.dispose();
  await plainServer.dispose();
  await rm(home, { recursive: true });
});

interface Case {
  readonly host?: string;
  readonly user?: string;
  readonly mode?: string;
  readonly env?: (files: Certificates) => Record<string, string>;
  /** `tls`, `plain`, or why bk-db refuses. */
  readonly outcome: 'tls' | 'plain' | RegExp;
}

function environment({ host = 'localhost', user = 'app', mode, env }: Case, port: number) {
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: 'postgres',
    PGPASSWORD: 'pw',
    ...(mode === undefined ? {} : { PGSSLMODE: mode }),
    ...env?.(certificates),
  };
}

async function expectArrival(options: Case, port: number) {
  const settings = { env: environment(options, port), home };
  const client = await reachWithClient(settings);
  const { outcome, user = 'app' } = options;
  if (outcome instanceof RegExp) expect(client).toMatch(outcome);
  else expect(client).toBe(`${user}@postgres ${port} ${outcome}`);
  const word = (arrival: string) => (arrival.startsWith('refused') ? 'refused' : arrival);
  expect([word(await reachWithPsql(settings)), word(await reachWithTools(settings))]).toEqual([
    word(client),
    word(client),
  ]);
}

const ca = (files: Certificates) => ({ PGSSLROOTCERT: files.ca });
const otherCa = (files: Certificates) => ({ PGSSLROOTCERT: files.otherCa });
const client = (files: Certificates) => ({
  ...ca(files),
  PGSSLCERT: files.client.cert,
  PGSSLKEY: files.client.key,
});

describe('a server with TLS: client, psql and pg_dump agree', () => {
  test.each<[string, Case]>([
    ['disable', { mode: 'disable', outcome: 'plain' }],
    ['prefer', { mode: 'prefer', outcome: 'tls' }],
    ['nothing said', { outcome: 'tls' }],
    ['require', { mode: 'require', outcome: 'tls' }],
    ['require, wrong host name', { host: '127.0.0.1', mode: 'require', outcome: 'tls' }],
    [
      'require with a root certificate verifies',
      { mode: 'require', env: otherCa, outcome: /^refused: CONNECTION_FAILED .*TLS connection was refused/ },
    ],
    ['verify-ca', { mode: 'verify-ca', env: ca, outcome: 'tls' }],
    ['verify-ca, wrong host name', { host: '127.0.0.1', mode: 'verify-ca', env: ca, outcome: 'tls' }],
    [
      'verify-ca, wrong authority',
      { mode: 'verify-ca', env: otherCa, outcome: /TLS connection was refused: / },
    ],
    [
      'verify-ca without an authority',
      { mode: 'verify-ca', outcome: /CONFIG_INVALID .*needs a root certificate/ },
    ],
    ['verify-full', { mode: 'verify-full', env: ca, outcome: 'tls' }],
    [
      'verify-full, wrong host name',
      { host: '127.0.0.1', mode: 'verify-full', env: ca, outcome: /does not match|IP: 127\.0\.0\.1/ },
    ],
    [
      'verify-full, wrong authority',
      { mode: 'verify-full', env: otherCa, outcome: /TLS connection was refused: / },
    ],
    [
      'verify-full against the authorities of the machine',
      {
        mode: 'verify-full',
        env: () => ({ PGSSLROOTCERT: 'system' }),
        outcome: /TLS connection was refused: /,
      },
    ],
    [
      'an authority file that does not exist',
      {
        mode: 'verify-full',
        env: () => ({ PGSSLROOTCERT: '/no/ca.pem' }),
        outcome: /CONFIG_INVALID .*cannot read the certificate file \/no\/ca\.pem/,
      },
    ],
    ['client certificate', { user: 'certuser', mode: 'verify-full', env: client, outcome: 'tls' }],
    [
      'no client certificate where one is demanded',
      { user: 'certuser', mode: 'require', outcome: /refused: CONNECTION_FAILED .*certificate/ },
    ],
    [
      'a client certificate for another role is no hindrance',
      { mode: 'verify-full', env: client, outcome: 'tls' },
    ],
    ['prefer falls back where only plain is let in', { user: 'plainuser', mode: 'prefer', outcome: 'plain' }],
    [
      'require does not',
      { user: 'plainuser', mode: 'require', outcome: /refused: CONNECTION_FAILED .*pg_hba/ },
    ],
    [
      'a client certificate without its key',
      {
        mode: 'require',
        env: (files) => ({ PGSSLCERT: files.client.cert }),
        outcome: /CONFIG_INVALID .*has no key/,
      },
    ],
  ])('%s', async (_, options) => {
    await expectArrival(options, server.port);
  });

  test('a key that others can read is refused', async () => {
    const open = join(home, 'open.key');
    await copyFile(certificates.client.key, open);
    await chmod(open, 0o644);
    const env = (files: Certificates) => ({ ...client(files), PGSSLKEY: open });
    await expectArrival(
      { mode: 'require', env, outcome: /CONFIG_INVALID .*open\.key can be read by others/ },
      server.port,
    );
  });

  test('a certificate file that is none', async () => {
    const broken = join(home, 'broken.pem');
    await writeFile(broken, 'this is no certificate\n');
    await expectArrival(
      { mode: 'verify-ca', env: () => ({ PGSSLROOTCERT: broken }), outcome: /^refused: CONNECTION_FAILED/ },
      server.port,
    );
  });

  test('an authority in ~/.postgresql makes require verify', async () => {
    const directory = join(home, '.postgresql');
    await mkdir(directory);
    try {
      await copyFile(certificates.otherCa, join(directory, 'root.crt'));
      await expectArrival({ mode: 'require', outcome: /TLS connection was refused/ }, server.port);
      await copyFile(certificates.ca, join(directory, 'root.crt'));
      await expectArrival({ mode: 'require', outcome: 'tls' }, server.port);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('a server without TLS', () => {
  test.each<[string, Case]>([
    ['disable', { mode: 'disable', outcome: 'plain' }],
    ['prefer', { mode: 'prefer', outcome: 'plain' }],
    [
      'require is refused in words',
      { mode: 'require', outcome: /CONNECTION_FAILED .*does not accept TLS connections/ },
    ],
    [
      'verify-full is refused in words',
      { mode: 'verify-full', env: ca, outcome: /does not accept TLS connections/ },
    ],
  ])('%s', async (_, options) => {
    await expectArrival(options, plainServer.port);
  });

  test.runIf(hasIPv6)('IPv6', async () => {
    await expectArrival({ host: '::1', mode: 'disable', outcome: 'plain' }, plainServer.port);
  });
});
