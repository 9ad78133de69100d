import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig, type Config } from '../../../../src/lib/core/config/index.js';
import { SETTING_NAMES, settingDefinition } from '../../../../src/lib/core/config/settings.js';
import { BkDbError } from '../../../../src/lib/core/errors.js';

let cwd: string;
let home: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'bk-db-config-'));
  home = join(cwd, 'home');
  await mkdir(home);
});

afterEach(async () => {
  await rm(cwd, { recursive: true });
});

interface Sources {
  readonly flags?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly envFile?: string;
  readonly configFile?: string;
}

async function load({ flags = {}, env = {}, envFile, configFile }: Sources): Promise<Config> {
  if (envFile !== undefined) await writeFile(join(cwd, '.env'), envFile);
  if (configFile !== undefined) await writeFile(join(cwd, 'bk-db.config.json'), configFile);
  const given = Object.entries(flags).map(([name, text]) => [name, { text, flag: name }]);
  return loadConfig({ flags: Object.fromEntries(given), env: { HOME: home, ...env }, cwd });
}

async function failure(sources: Sources): Promise<BkDbError> {
  const error: unknown = await load(sources).catch((thrown: unknown) => thrown);
  if (!(error instanceof BkDbError)) throw new Error('loadConfig should have failed');
  expect(error.code).toBe('CONFIG_INVALID');
  return error;
}

function effective(config: Config, name: string) {
  return config.effective.find((setting) => setting.name === name);
}

/** A valid value per setting, other than the default; the n-th source gives the n-th. */
const SAMPLES: Record<string, readonly [string, string, string, string]> = {
  pingUrl: ['https://a/1', 'https://b/2', 'https://c/3', 'https://d/4'],
  s3Endpoint: ['https://a', 'https://b', 'https://c', 'https://d'],
  s3Region: ['a-1', 'b-2', 'c-3', 'd-4'],
  url: ['postgresql://a/1', 'postgresql://b/2', 'postgresql://c/3', 'postgresql://d/4'],
  port: ['5001', '5002', '5003', '5004'],
  sslMode: ['disable', 'require', 'disable', 'require'],
  connectTimeout: ['1s', '2s', '3s', '4s'],
  poolMax: ['1', '2', '3', '4'],
  poolIdleTimeout: ['1s', '2s', '3s', '4s'],
  poolMaxLifetime: ['1s', '2s', '3s', '4s'],
  statementTimeout: ['1s', '2s', '3s', '4s'],
  prepare: ['false', 'true', 'false', 'true'],
  embedded: ['false', 'true', 'false', 'true'],
  logFormat: ['json', 'text', 'json', 'text'],
};

describe('precedence', () => {
  test.each(SETTING_NAMES)('%s: flag, environment, .env, config file, default', async (name) => {
    const [flag, env, file, config] = SAMPLES[name] ?? ['/a', '/b', '/c', '/d'];
    const variable = settingDefinition(name).env[0] ?? '';
    const sources = {
      flags: { [name]: flag },
      env: { [variable]: env },
      envFile: `${variable}="${file}"\n`,
      configFile: JSON.stringify({ [name]: config }),
    };
    expect(effective(await load(sources), name)?.origin).toBe(`flag --${name}`);
    expect(effective(await load({ ...sources, flags: {} }), name)?.origin).toBe(`environment ${variable}`);
    expect(effective(await load({ ...sources, flags: {}, env: {} }), name)?.origin).toBe(`.env ${variable}`);
    await rm(join(cwd, '.env'));
    const { configFile } = sources;
    expect(effective(await load({ configFile }), name)?.origin).toBe(`bk-db.config.json ${name}`);
    await rm(join(cwd, 'bk-db.config.json'));
    expect(effective(await load({}), name)?.origin).toMatch(/^(default|not set)$/);
  });

  test('BK_DB_URL goes before DATABASE_URL', async () => {
    const config = await load({ env: { DATABASE_URL: 'postgresql://a/1', BK_DB_URL: 'postgresql://b/2' } });
    expect(config.target).toMatchObject({ host: 'b', database: '2' });
  });

  test('within a layer the URL goes before PG* variables, which fill what it leaves out', async () => {
    const { target } = await load({
      env: {
        DATABASE_URL: 'postgresql://u@h/d',
        PGHOST: 'other',
        PGPORT: '5433',
        PGUSER: 'x',
        PGPASSWORD: 'pw',
      },
    });
    expect(target).toMatchObject({ host: 'h', port: 5433, user: 'u', database: 'd' });
    expect(target?.password?.reveal()).toBe('pw');
  });

  test('across layers a PG* variable goes before a URL of a lower layer', async () => {
    const { target } = await load({ env: { PGHOST: 'env' }, envFile: 'DATABASE_URL=postgresql://file/d\n' });
    expect(target).toMatchObject({ host: 'env', database: 'd' });
  });

  test('nothing named means the embedded server', async () => {
    const config = await load({ env: { PGAPPNAME: 'x', BK_DB_POOL_MAX: '3' } });
    expect(config.target).toBeUndefined();
    expect(config.pool.max).toBe(3);
  });

  test.each(['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE', 'PGSSLMODE', 'PGPASSFILE'])(
    '%s alone keeps the embedded server out',
    async (variable) => {
      const values: Record<string, string> = { PGPORT: '5433', PGSSLMODE: 'disable' };
      const { target } = await load({ env: { [variable]: values[variable] ?? 'x' } });
      expect(target?.user).toBe(variable === 'PGUSER' ? 'x' : userInfo().username);
    },
  );

  test('an empty variable counts as unset', async () => {
    const config = await load({
      env: { DATABASE_URL: '', PGHOST: '', PGPORT: '' },
      envFile: 'PGHOST=fromfile\nPGUSER=\n',
    });
    expect(config.target).toMatchObject({ host: 'fromfile', port: 5432 });
  });
});

describe('.env', () => {
  test('comments, quotes, export and spaces', async () => {
    const { target, backupDir } = await load({
      envFile: [
        '# a comment',
        'export PGHOST=db',
        'PGUSER = "a b" # why',
        "PGPASSWORD='p#w\"x'",
        'PGDATABASE=d # not part of it',
        'BK_DB_BACKUP_DIR=store',
      ].join('\n'),
    });
    expect(target).toMatchObject({ host: 'db', user: 'a b', database: 'd' });
    expect(target?.password?.reveal()).toBe('p#w"x');
    expect(backupDir).toBe(join(cwd, 'store'));
  });

  test('what Node itself read out of a file that was asked for still counts as the file', async () => {
    await writeFile(join(cwd, 'my.env'), 'DATABASE_URL=postgresql://file/d\n');
    // As it is under Node 20, which reads --env-file behind the script's name, too.
    const env = { HOME: home, PGHOST: 'env', DATABASE_URL: 'postgresql://file/d' };
    const config = await loadConfig({ flags: {}, env, cwd, envFile: 'my.env' });
    expect(config.target).toMatchObject({ host: 'env', database: 'd' });
    expect(effective(config, 'database')?.origin).toBe('my.env DATABASE_URL');
  });

  test('a file that was asked for must exist', async () => {
    const options = { flags: {}, env: { HOME: home }, cwd, envFile: 'no.env' };
    await expect(loadConfig(options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'cannot read no.env of --env-file',
    });
  });
});

describe('what is invalid', () => {
  test('is named all at once with its source', async () => {
    const error = await failure({
      flags: { url: 'mysql://u:CANARY@h/d' },
      env: { PGPORT: '99999', PGSSLMODE: 'sometimes', PGSERVICE: 'prod' },
      envFile: 'BK_DB_POOL_MAX=many\nBK_DB_PREPARE=perhaps\n',
      configFile: JSON.stringify({ statementTimeout: 'soon', host: null, colour: 'red', logFormat: 'xml' }),
    });
    const { issues } = error.details as { issues: { setting: string; origin: string }[] };
    expect(issues.map(({ setting, origin }) => `${setting} < ${origin}`).sort()).toEqual([
      'colour < bk-db.config.json',
      'host < bk-db.config.json host',
      'logFormat < bk-db.config.json logFormat',
      'poolMax < .env BK_DB_POOL_MAX',
      'port < environment PGPORT',
      'prepare < .env BK_DB_PREPARE',
      'service < environment PGSERVICE',
      'sslMode < environment PGSSLMODE',
      'statementTimeout < bk-db.config.json statementTimeout',
      'url < flag --url',
    ]);
    for (const { setting, origin } of issues) expect(error.message).toContain(`${setting} (${origin})`);
    expect(error.message).toMatch(/must be at most 65535, not "99999"/);
    expect(JSON.stringify([error.message, error.details])).not.toContain('CANARY');
  });

  test('is not shown when it was cut out of a URL', async () => {
    const error = await failure({ env: { DATABASE_URL: 'postgresql://u:pw@h/d?sslmode=CANARY' } });
    expect(error.message).toMatch(/sslMode \(environment DATABASE_URL\) must be one of/);
    expect(JSON.stringify([error.message, error.details])).not.toContain('CANARY');
  });

  test('may be overruled by a higher layer', async () => {
    const { target } = await load({ flags: { url: 'postgresql://h:5433/d' }, env: { PGPORT: 'bad' } });
    expect(target?.port).toBe(5433);
  });

  test.each([
    ['{"url": "postgresql://u:CANARY@h/d",}', 'bk-db.config.json is not valid JSON'],
    ['["postgresql://u:CANARY@h/d"]', 'bk-db.config.json does not hold a JSON object'],
    ['"CANARY"', 'bk-db.config.json does not hold a JSON object'],
    ['null', 'bk-db.config.json does not hold a JSON object'],
    ['', 'bk-db.config.json is not valid JSON'],
  ])('the config file %s', async (configFile, message) => {
    const error = await failure({ configFile });
    expect(error.message).toBe(message);
    // The cause is printed with --verbose, and JSON.parse quotes what it read.
    expect(`${error.stack ?? ''}${String(error.cause)}`).not.toContain('CANARY');
  });

  test.each([
    [{ PGSERVICE: 'prod' }, /service .*write its settings into the URL/],
    [{ PGHOSTADDR: '10.0.0.1' }, /hostaddr .*give the address as host/],
    [{ PGTARGETSESSIONATTRS: 'any' }, /target_session_attrs/],
    [{ PGCHANNELBINDING: 'require' }, /channel_binding/],
    [{ PGHOST: 'a,b' }, /several hosts/],
    [{ PGSSLMODE: 'require', PGSSLROOTCERT: 'system' }, /too weak/],
  ])('%j is refused rather than ignored', async (env, message) => {
    expect((await failure({ env })).message).toMatch(message);
  });
});

describe('password file', () => {
  const env = { PGHOST: 'h', PGUSER: 'u', PGDATABASE: 'd' };

  test('gives the password, and config says from which line', async () => {
    await writeFile(join(home, '.pgpass'), '# c\n*:*:*:u:CANARY\n', { mode: 0o600 });
    const config = await load({ env });
    expect(config.target?.password?.reveal()).toBe('CANARY');
    expect(effective(config, 'password')).toEqual({
      name: 'password',
      value: '********',
      origin: `${join(home, '.pgpass')} line 2`,
    });
    expect(JSON.stringify(config)).not.toContain('CANARY');
  });

  test('that others may read is ignored with a warning', async () => {
    await writeFile(join(home, '.pgpass'), '*:*:*:*:CANARY\n');
    await chmod(join(home, '.pgpass'), 0o644);
    const config = await load({ env });
    expect(config.target?.password).toBeUndefined();
    expect(config.warnings).toEqual([expect.stringMatching(/\.pgpass is ignored: others may read it/)]);
  });

  test('is not asked when a password is given', async () => {
    await writeFile(join(home, '.pgpass'), '*:*:*:*:file\n', { mode: 0o600 });
    expect((await load({ env: { ...env, PGPASSWORD: 'given' } })).target?.password?.reveal()).toBe('given');
  });

  test('PGPASSFILE and passfile= name another one; a missing one is no error', async () => {
    await writeFile(join(cwd, 'mine'), '*:*:*:*:pw\n', { mode: 0o600 });
    expect((await load({ env: { ...env, PGPASSFILE: 'mine' } })).target?.password?.reveal()).toBe('pw');
    const url = `postgresql://u@h/d?passfile=${encodeURIComponent(join(cwd, 'mine'))}`;
    expect((await load({ flags: { url } })).target?.password?.reveal()).toBe('pw');
    expect((await load({ env: { ...env, PGPASSFILE: '/nowhere' } })).target?.password).toBeUndefined();
  });
});

describe('TLS', () => {
  test('prefer is the default', async () => {
    expect((await load({ env: { PGHOST: 'h' } })).target?.ssl).toEqual({
      mode: 'prefer',
      rootCertFile: undefined,
      certFile: undefined,
      keyFile: undefined,
    });
  });

  test('require verifies as soon as there is a root certificate, given or found', async () => {
    const env = { PGHOST: 'h', PGSSLMODE: 'require' };
    expect((await load({ env })).target?.ssl.mode).toBe('require');
    expect((await load({ env: { ...env, PGSSLROOTCERT: 'ca.pem' } })).target?.ssl).toMatchObject({
      mode: 'verify-ca',
      rootCertFile: join(cwd, 'ca.pem'),
    });
    await mkdir(join(home, '.postgresql'));
    await writeFile(join(home, '.postgresql/root.crt'), '');
    const config = await load({ env });
    expect(config.target?.ssl).toMatchObject({
      mode: 'verify-ca',
      rootCertFile: join(home, '.postgresql/root.crt'),
    });
    expect(effective(config, 'sslMode')?.value).toBe('verify-ca');
    expect(effective(config, 'sslRootCert')).toMatchObject({ origin: 'default' });
  });

  test('system means verify-full', async () => {
    const { target } = await load({ env: { PGHOST: 'h', PGSSLROOTCERT: 'system' } });
    expect(target?.ssl.mode).toBe('verify-full');
    expect(target?.ssl.rootCertFile).toMatch(/^\/etc\/|^system$/);
  });
});

test('what config shows holds no secret, wherever it came from', async () => {
  const config = await load({
    flags: { url: 'postgresql://u:CANARY@h/d' },
    env: { PGPASSWORD: 'CANARY', DATABASE_URL: 'postgresql://u:CANARY@h/d' },
  });
  expect(JSON.stringify(config)).not.toContain('CANARY');
  expect(effective(config, 'password')).toMatchObject({ value: '********', origin: 'flag --url' });
});
