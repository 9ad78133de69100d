import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findInstallations, findToolFor } from '../../../src/lib/core/pg-tools.js';
import { testRunTool } from '../../support/pg-run-tool.js';

/** A program name no real installation has, so that only what the test makes is found. */
const PROGRAM = 'pg_bkdbtest';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bk-db-tools-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function install(name: string, prints: string): Promise<string> {
  const folder = join(directory, name);
  await mkdir(folder);
  await writeFile(join(folder, PROGRAM), `#!/bin/sh\necho "${prints}"\n`);
  await chmod(join(folder, PROGRAM), 0o755);
  return folder;
}

const deps = (path: readonly string[], pgBin?: string) => ({
  runTool: testRunTool,
  env: { PATH: path.join(':') },
  pgBin,
});

test('installations come newest first; broken ones are passed over', async () => {
  const path = await Promise.all([
    install('a', `${PROGRAM} (PostgreSQL) 13.11 (Debian 13.11-1)`),
    install('b', `${PROGRAM} (PostgreSQL) 17beta1`),
    install('c', `${PROGRAM} (PostgreSQL) 16.2`),
    install('d', 'no version here'),
  ]);
  const found = await findInstallations(deps([...path, '/no/such/folder', '']), PROGRAM);
  expect(found.map(({ major, version }) => [major, version])).toEqual([
    [17, '17beta1'],
    [16, '16.2'],
    [13, '13.11'],
  ]);
});

test('the oldest that is new enough for the server is chosen', async () => {
  const path = await Promise.all([
    install('a', `${PROGRAM} (PostgreSQL) 14.1`),
    install('b', `${PROGRAM} (PostgreSQL) 17.1`),
    install('c', `${PROGRAM} (PostgreSQL) 16.2`),
  ]);
  expect(await findToolFor(deps(path), PROGRAM, 15)).toMatchObject({
    major: 16,
    path: join(directory, 'c', PROGRAM),
  });
});

test('one older than the server is refused, saying what there is', async () => {
  const folder = await install('a', `${PROGRAM} (PostgreSQL) 14.1`);
  await expect(findToolFor(deps([folder]), PROGRAM, 15)).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    message: `${PROGRAM} 14.1 is older than the server (15)`,
    hint: expect.stringContaining('postgresql-client-15') as string,
    details: { serverMajor: 15, found: [{ directory: folder, version: '14.1' }] },
  });
});

test('none at all', async () => {
  await expect(findToolFor(deps([directory]), PROGRAM, 15)).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    message: `${PROGRAM} was not found`,
  });
});

test("Debian's wrapper is passed over", async () => {
  const real = await install('real', `${PROGRAM} (PostgreSQL) 15.4`);
  const wrapped = join(directory, 'wrapped');
  await mkdir(wrapped);
  await writeFile(join(directory, 'pg_wrapper'), '#!/bin/sh\necho "x (PostgreSQL) 17.0"\n');
  await chmod(join(directory, 'pg_wrapper'), 0o755);
  await symlink('../pg_wrapper', join(wrapped, PROGRAM));
  const found = await findInstallations(deps([wrapped, real]), PROGRAM);
  expect(found.map((installation) => installation.directory)).toEqual([real]);
});

test('a folder that the user names is the only one looked into', async () => {
  const [mine, other] = await Promise.all([
    install('mine', `${PROGRAM} (PostgreSQL) 15.4`),
    install('other', `${PROGRAM} (PostgreSQL) 17.0`),
  ]);
  const found = await findInstallations(deps([other], mine), PROGRAM);
  expect(found.map((installation) => installation.directory)).toEqual([mine]);
});

test('a file that is not executable is no program', async () => {
  const folder = await install('a', `${PROGRAM} (PostgreSQL) 15.4`);
  await chmod(join(folder, PROGRAM), 0o644);
  expect(await findInstallations(deps([folder]), PROGRAM)).toEqual([]);
});

test('the real pg_dump is found', async () => {
  const found = await findInstallations(deps((process.env['PATH'] ?? '').split(':')), 'pg_dump');
  expect(found[0]?.major).toBeGreaterThanOrEqual(12);
});
