import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, symlink, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const data = join(root, '../shared/data');

/** A page's shell blocks marked `sh test`, joined: a page reads as one session. `sh test data` needs the sample databases. */
function sessionOf(page: string): { script: string; needsData: boolean } {
  const blocks = [...page.matchAll(/^```sh (test(?: data)?)\n([\s\S]*?)^```$/gm)];
  return {
    script: blocks.map((block) => block[2]).join('\n'),
    needsData: blocks.some((block) => block[1] === 'test data'),
  };
}

const pages = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, ...sessionOf(readFileSync(join(root, 'docs', name), 'utf8')) }))
  .filter(({ script }) => script !== '');

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bk-db-docs-'));
  // The embedded server runs as another account when the tests run as root.
  await chmod(directory, 0o755);
  await mkdir(join(directory, 'bin'));
  await symlink(join(root, 'bin/run.js'), join(directory, 'bin/bk-db'));
  // As if the page's `npm install` had been run.
  await mkdir(join(directory, 'node_modules'));
  await symlink(root, join(directory, 'node_modules/bk-db'));
  await symlink(join(root, 'node_modules/prom-client'), join(directory, 'node_modules/prom-client'));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('examples in docs/', () => {
  it('there are some', () => {
    expect(pages.length).toBeGreaterThan(0);
  });

  for (const { name, script, needsData } of pages) {
    it.skipIf(needsData && !existsSync(data))(`${name} runs as printed`, async () => {
      const work = await mkdtemp(join(directory, 'work-'));
      await chmod(work, 0o755);
      const result = await bash(`${script}\n`, work);
      await bash('bk-db server destroy --yes', work);
      expect(result.output, result.output).not.toContain('error:');
      expect(result.status, result.output).toBe(0);
    });
  }
});

function bash(script: string, cwd: string): Promise<{ status: number; output: string }> {
  const env = {
    PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: cwd,
    BK_DB_HOME: join(cwd, 'server'),
    DATA: data,
  };
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['-eu', '-o', 'pipefail', '-c', script],
      { cwd, env, encoding: 'utf8' },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ status, output: `${stdout}${stderr}` });
      },
    );
  });
}
