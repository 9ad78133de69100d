import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

interface Manifest {
  readonly commands: Record<string, { readonly id: string }>;
}

interface Lock {
  readonly packages: Record<string, { readonly hasInstallScript?: boolean; readonly version?: string }>;
}

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bk-db-package-'));
  const packed =
    run('npm', ['pack', '--pack-destination', directory, '--loglevel=error'], root)
      .trim()
      .split('\n')
      .at(-1) ?? '';
  writeFileSync(join(directory, 'package.json'), '{"name": "empty", "private": true, "type": "module"}');
  run(
    'npm',
    ['install', join(directory, packed), '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
    directory,
  );
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('the packed tarball, installed in an empty folder', () => {
  it('brings at most ten packages and no install script', () => {
    const lock = JSON.parse(readFileSync(join(directory, 'package-lock.json'), 'utf8')) as Lock;
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(packages.length).toBeGreaterThan(0);
    expect(packages.length).toBeLessThanOrEqual(10);
    expect(packages.filter(([, entry]) => entry.hasInstallScript === true)).toEqual([]);
  });

  it('has no source, test or map in it', () => {
    const files = readdirSync(join(directory, 'node_modules/bk-db'), { recursive: true, encoding: 'utf8' });
    expect(
      files.filter((file) => /^(src|test|bench)\/|\.map$|\.tsx?$/.test(file) && !file.endsWith('.d.ts')),
    ).toEqual([]);
  });

  it('runs every command', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest;
    for (const { id } of Object.values(manifest.commands)) {
      const help = run('npx', ['--no-install', 'bk-db', ...id.split(':'), '--help'], directory);
      expect(help, id).toContain('USAGE');
    }
    expect(run('npx', ['--no-install', 'bk-db', 'config', '--json'], directory)).toContain('"ok": true');
  });

  it('gives the library', () => {
    const script =
      "import { BkDbError, loadConfig } from 'bk-db'; console.log(typeof BkDbError, typeof loadConfig)";
    expect(run('node', ['--input-type=module', '-e', script], directory).trim()).toBe('function function');
  });
});

function run(command: string, args: readonly string[], cwd: string): string {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
