import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withLibpqEnvironment } from '../../../src/lib/core/libpq-environment.js';
import { Secret } from '../../../src/lib/core/secret.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { testRunTool } from '../../support/pg-run-tool.js';

/** Colons and backslashes have a meaning in the password file; the rest in shells and connection strings. */
const PASSWORDS = [
  ':',
  '\\',
  'a:b\\c\'d"e $(id) `id` %41 #',
  ' lead and trail ',
  'pässwörd🐘',
  '\\:\\\\::',
  '*',
];

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(async () => {
  await database.drop();
});

async function passfileDirectories(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith(`bk-db-passfile-${process.pid}-`));
}

test.each(PASSWORDS)('psql logs in with the password %j', async (password) => {
  const role = `role_${database.name}`;
  const [row] = await database.sql<{ statement: string }[]>`
    select format('create role %I login password %L', ${role}::text, ${password}::text) as statement`;
  await database.sql.unsafe(row?.statement ?? '');
  try {
    const target = { ...database.target, user: role, password: new Secret(password) };
    const who = await withLibpqEnvironment(target, async (env) => {
      const { stdout } = await testRunTool({ command: 'psql', args: ['-XAtwc', 'select current_user'], env });
      return stdout;
    });
    expect(who).toBe(role);
  } finally {
    await database.sql.unsafe(`drop role ${role}`);
  }
});

test('the password is in a private file that goes away, and in no variable', async () => {
  const target = { ...database.target, password: new Secret('CANARY') };
  const file = await withLibpqEnvironment(target, async (env) => {
    expect(JSON.stringify(env)).not.toContain('CANARY');
    const passfile = env['PGPASSFILE'] ?? '';
    expect([(await stat(passfile)).mode & 0o777, (await stat(dirname(passfile))).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
    expect(await readFile(passfile, 'utf8')).toBe('*:*:*:bk:CANARY\n');
    return passfile;
  });
  await expect(stat(dirname(file))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the file goes away after a failure as well', async () => {
  const target = { ...database.target, password: new Secret('x') };
  await expect(withLibpqEnvironment(target, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(await passfileDirectories()).toEqual([]);
});

test('what a killed process left is swept; what a living one has is not', async () => {
  const dead = join(tmpdir(), 'bk-db-passfile-999999999-abc');
  const alive = join(tmpdir(), `bk-db-passfile-${process.ppid}-abc`);
  await mkdir(dead, { recursive: true });
  await mkdir(alive, { recursive: true });
  try {
    await withLibpqEnvironment({ ...database.target, password: new Secret('x') }, () => Promise.resolve());
    await expect(stat(dead)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await stat(alive)).isDirectory()).toBe(true);
  } finally {
    await rm(alive, { recursive: true });
  }
});

test('no process shows the password while a tool runs', async () => {
  const password = database.target.password?.reveal() ?? '';
  expect(password).not.toBe('');
  await withLibpqEnvironment(database.target, async (env) => {
    const running = testRunTool({ command: 'psql', args: ['-XAtwc', 'select pg_sleep(1)'], env });
    const seen: string[] = [];
    for (let i = 0; i < 10; i++) {
      seen.push(await argumentsAndEnvironments());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await running;
    expect(seen.some((text) => text.includes('pg_sleep(1)'))).toBe(true);
    expect(seen.filter((text) => text.includes(password))).toEqual([]);
  });
});

/** Of every process that is not this test, as far as we may read them. */
async function argumentsAndEnvironments(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const read = (file: string) => readFile(file, 'utf8').catch(() => '');
  const texts = await Promise.all(
    pids.flatMap((pid) => [read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/environ`)]),
  );
  return texts.join('\n');
}

test('a password with a line break is refused, because no password file can hold it', async () => {
  const target = { ...database.target, password: new Secret('CANARY\nx') };
  const error: unknown = await withLibpqEnvironment(target, () => Promise.resolve()).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  expect(String(error)).not.toContain('CANARY');
});
