import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchemaDatabase } from '../support/schema-database.js';

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
      const help = run('node_modules/.bin/bk-db', [...id.split(':'), '--help'], directory);
      expect(help, id).toContain('USAGE');
    }
    expect(run('node_modules/.bin/bk-db', ['config', '--json'], directory)).toContain('"ok": true');
  });

  it('runs the example, which imports the package by its name', async () => {
    const database = await createSchemaDatabase();
    try {
      await build({
        entryPoints: [join(root, 'examples/verification.ts')],
        outfile: join(directory, 'example.mjs'),
        format: 'esm',
      });
      const printed = run('node', ['example.mjs'], directory, database.env);
      expect(printed).toMatch(/^created .*pending\n(.*\n)*completed .*score 0.42, risk high$/m);
    } finally {
      await database.drop();
    }
  });

  it('gives declarations that a strict TypeScript project can use', () => {
    writeFileSync(join(directory, 'example.ts'), readFileSync(join(root, 'examples/verification.ts')));
    writeFileSync(
      join(directory, 'operations.ts'),
      "import { listBackups } from 'bk-db/operations';\nexport const ids: string[] = (await listBackups('.')).backups.map((backup) => backup.id);\n",
    );
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck'];
    const modules = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const types = ['--typeRoots', join(root, 'node_modules/@types')];
    expect(run('node', [...tsc, ...modules, ...types, 'example.ts', 'operations.ts'], directory)).toBe('');
  });
});

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  extra: Record<string, string> = {},
): string {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...extra };
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
