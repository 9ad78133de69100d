import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quoteIdentifier, withDatabase } from '../../../src/lib/core/database.js';
import { freePort, startNetworkServer, type NetworkServer } from '../../support/network-server.js';
import { reachWithClient, reachWithPsql, reachWithTools } from '../../support/reach.js';

/** Everything that has a meaning somewhere on the way: URL, password file, shell, libpq, SASLprep. */
const PASSWORD = ` :\\/@?#%&=+"'$*€é🐘`;
const ODD_NAME = `o"d'd $1 ö`;
const DECOMPOSED = 'cafe\u0301 \ufb01n\u00a0';

let server: NetworkServer;
let home: string;
let socketDirectory: string;
let closedPort: number;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'bk-db-parity-'));
  closedPort = await freePort();
  server = await startNetworkServer({ hba: ['host all all 127.0.0.1/32 scram-sha-256'] });
  socketDirectory = server.admin.host;
  await withDatabase(server.admin, {}, async ({ sql }) => {
    for (const [role, password] of [
      ['app', 'pw'],
      ['special', PASSWORD],
      ['decomposed', DECOMPOSED],
      [ODD_NAME, 'odd'],
    ] as const) {
      const [row] = await sql<{ statement: string }[]>`
        select format('create role %I login password %L', ${role}::text, ${password}::text) as statement`;
      await sql.unsafe(row?.statement ?? '');
    }
    for (const name of ['app', 'shop', ODD_NAME])
      await sql.unsafe(`create database ${quoteIdentifier(name)}`);
  });
  await writeFile(join(home, '.pgpass'), `# mine\n*:*:*:app:pw\nlocalhost:*:*:special:wrong\n`, {
    mode: 0o600,
  });
  await writeFile(join(home, 'shared.pgpass'), `*:*:*:*:pw\n`);
  await chmod(join(home, 'shared.pgpass'), 0o644);
  await writeFile(join(home, 'odd.pgpass'), `*:*:${ODD_NAME}:${ODD_NAME}:odd\n`, { mode: 0o600 });
});

afterAll(async () => {
  await server.dispose();
  await rm(home, { recursive: true });
});

interface Given {
  readonly url?: string;
  readonly env?: Record<string, string>;
}

/** `user@database`, or what bk-db says when it refuses. */
type Expected = string | RegExp;

const encoded = encodeURIComponent;

/** Built late: ports and directories are known when the server runs. */
const CASES: readonly (readonly [name: string, given: () => Given, expected: Expected])[] = [
  ['URL with everything', () => ({ url: `postgresql://app:pw@127.0.0.1:${server.port}/shop` }), 'app@shop'],
  ['postgres:// as well', () => ({ url: `postgres://app:pw@127.0.0.1:${server.port}/shop` }), 'app@shop'],
  [
    'a URL without a database means the user’s',
    () => ({ url: `postgresql://app:pw@127.0.0.1:${server.port}` }),
    'app@app',
  ],
  [
    'every special character, encoded',
    () => ({ url: `postgresql://special:${encoded(PASSWORD)}@127.0.0.1:${server.port}/shop` }),
    'special@shop',
  ],
  [
    'every special character, in a variable',
    () => ({ env: { ...tcp('special', 'shop'), PGPASSWORD: PASSWORD } }),
    'special@shop',
  ],
  [
    'a password that SASLprep changes',
    () => ({ env: { ...tcp('decomposed', 'shop'), PGPASSWORD: DECOMPOSED } }),
    'decomposed@shop',
  ],
  [
    'odd names, encoded',
    () => ({ url: `postgresql://${encoded(ODD_NAME)}:odd@127.0.0.1:${server.port}/${encoded(ODD_NAME)}` }),
    `${ODD_NAME}@${ODD_NAME}`,
  ],
  [
    'odd names, in variables and the password file',
    () => ({ env: { ...tcp(ODD_NAME, ODD_NAME), PGPASSFILE: join(home, 'odd.pgpass') } }),
    `${ODD_NAME}@${ODD_NAME}`,
  ],
  ['separate variables', () => ({ env: { ...tcp('app', 'shop'), PGPASSWORD: 'pw' } }), 'app@shop'],
  [
    'PGDATABASE absent',
    () => ({ env: { PGHOST: '127.0.0.1', PGPORT: String(server.port), PGUSER: 'app', PGPASSWORD: 'pw' } }),
    'app@app',
  ],
  [
    'empty variables',
    () => ({ env: { ...tcp('app', 'shop'), PGPASSWORD: 'pw', PGOPTIONS: '', PGAPPNAME: '' } }),
    'app@shop',
  ],
  [
    'URL and variables mixed',
    () => ({
      url: 'postgresql://app@/shop',
      env: {
        PGHOST: '127.0.0.1',
        PGPORT: String(server.port),
        PGUSER: 'nobody',
        PGDATABASE: 'none',
        PGPASSWORD: 'pw',
      },
    }),
    'app@shop',
  ],
  ['password file', () => ({ env: tcp('app', 'shop') }), 'app@shop'],
  [
    'a given password goes before the file',
    () => ({ env: { ...tcp('app', 'shop'), PGPASSWORD: 'wrong' } }),
    /CONNECTION_FAILED .*password authentication failed/,
  ],
  [
    'a password file that others can read',
    () => ({ env: { ...tcp('app', 'shop'), PGPASSFILE: join(home, 'shared.pgpass') } }),
    /CONNECTION_FAILED .*asks for a password, and none is configured/,
  ],
  [
    'a password file that is not there',
    () => ({ env: { ...tcp('app', 'shop'), PGPASSFILE: '/no/file' } }),
    /none is configured/,
  ],
  [
    'passfile in the URL',
    () => ({
      url: `postgresql://${encoded(ODD_NAME)}@127.0.0.1:${server.port}/${encoded(ODD_NAME)}?passfile=${encoded(join(home, 'odd.pgpass'))}`,
    }),
    `${ODD_NAME}@${ODD_NAME}`,
  ],
  [
    'socket directory in the query',
    () => ({ url: `postgresql://app@/shop?host=${encoded(socketDirectory)}&port=${server.port}` }),
    'app@shop',
  ],
  [
    'socket directory as host, encoded',
    () => ({ url: `postgresql://app@${encoded(socketDirectory)}:${server.port}/shop` }),
    'app@shop',
  ],
  [
    'socket directory in PGHOST',
    () => ({
      env: { PGHOST: socketDirectory, PGPORT: String(server.port), PGUSER: 'app', PGDATABASE: 'shop' },
    }),
    'app@shop',
  ],
  [
    'TLS demands do not count on a socket',
    () => ({
      env: {
        PGHOST: socketDirectory,
        PGPORT: String(server.port),
        PGUSER: 'app',
        PGDATABASE: 'shop',
        PGSSLMODE: 'require',
      },
    }),
    'app@shop',
  ],
  [
    'PGOPTIONS',
    () => ({ env: { ...tcp('app', 'shop'), PGOPTIONS: '-c work_mem=8MB -c search_path=pg_catalog' } }),
    'app@shop',
  ],
  [
    'options in the URL',
    () => ({ url: `postgresql://app:pw@127.0.0.1:${server.port}/shop?options=-c%20geqo%3Doff` }),
    'app@shop',
  ],
  [
    'options the server does not know',
    () => ({ env: { ...tcp('app', 'shop'), PGOPTIONS: '-c no_such=1' } }),
    /no_such/,
  ],
  [
    '+ is a plus',
    () => ({ url: `postgresql://app:pw@127.0.0.1:${server.port}/shop?application_name=a+b` }),
    'app@shop',
  ],
  [
    'a wrong password',
    () => ({ url: `postgresql://app:wrong@127.0.0.1:${server.port}/shop` }),
    /CONNECTION_FAILED .*password authentication failed/,
  ],
  [
    'an unknown role',
    () => ({ url: `postgresql://nobody:pw@127.0.0.1:${server.port}/shop` }),
    /CONNECTION_FAILED/,
  ],
  [
    'an unknown database',
    () => ({ url: `postgresql://app:pw@127.0.0.1:${server.port}/none` }),
    /NOT_FOUND .*database "none" does not exist/,
  ],
  [
    'a dead port',
    () => ({ url: `postgresql://app:pw@127.0.0.1:${closedPort}/shop` }),
    /CONNECTION_FAILED .*nothing listens there/,
  ],
  [
    'a dead socket',
    () => ({ url: `postgresql://app@/shop?host=${encoded(home)}` }),
    /CONNECTION_FAILED .*no socket/,
  ],
  [
    'an unknown host',
    () => ({ url: 'postgresql://app:pw@no-such-host.invalid/shop' }),
    /CONNECTION_FAILED .*host name/,
  ],
];

function tcp(user: string, database: string) {
  return { PGHOST: '127.0.0.1', PGPORT: String(server.port), PGUSER: user, PGDATABASE: database };
}

describe('psql, pg_dump and bk-db reach the same place as the same role, or all refuse', () => {
  test.each(CASES)('%s', async (_, given, expected) => {
    const settings = { ...given(), home };
    const client = await reachWithClient(settings);
    if (expected instanceof RegExp) expect(client).toMatch(expected);
    else expect(client).toBe(`${expected} ${server.port} plain`);
    const word = (arrival: string) => (arrival.startsWith('refused') ? 'refused' : arrival);
    expect({
      psql: word(await reachWithPsql(settings)),
      pgDump: word(await reachWithTools(settings)),
    }).toEqual({ psql: word(client), pgDump: word(client) });
  });

  test.each([
    'postgresql://h/d?schema=public',
    'postgresql://u:a%zz@h/d',
    'postgresql://u:a/b@h/d',
    'postgresql://[::1/d',
    'postgresql://h/d?sslmode=sometimes',
    'postgresql://h:99999/d',
    'postgresql://h/d?sslmode',
  ])('%s is refused by both before anything is reached', async (url) => {
    expect(await reachWithClient({ url, home })).toMatch(/^refused: CONFIG_INVALID/);
    expect(await reachWithPsql({ url, home })).toMatch(
      /^refused: .*(invalid|missing|extra|must|end of string)/,
    );
  });

  test.each([{ PGSERVICE: 'x' }, { PGHOSTADDR: '127.0.0.1' }, { PGTARGETSESSIONATTRS: 'read-write' }])(
    '%j, which libpq would follow elsewhere, is refused by name',
    async (env) => {
      const variable = Object.keys(env)[0] ?? '';
      expect(await reachWithClient({ env: { ...tcp('app', 'shop'), ...env }, home })).toContain(variable);
    },
  );
});
