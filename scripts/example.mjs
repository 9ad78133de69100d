// `npm run example`: sets everything up, creates the embedded server's demo database, and runs examples/verification.ts on it.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const name = process.argv[2] ?? 'verification';
const output = join(root, 'dist', `example-${name}.mjs`);

run([join(root, 'scripts/bootstrap.mjs')]);
const { build } = await import('esbuild');
// Node 20 runs no TypeScript; the example imports the package by its name, as its users do.
await build({
  entryPoints: [join(root, 'examples', `${name}.ts`)],
  outfile: output,
  format: 'esm',
  logLevel: 'warning',
});

const own = process.env.DATABASE_URL;
if (own === undefined) run([join(root, 'bin/run.js'), 'init', '--seed-level', 'demo', '--quiet']);
const url = own ?? run([join(root, 'bin/run.js'), 'server', 'url'], 'pipe').trim();
try {
  run([output], 'inherit', { ...process.env, DATABASE_URL: url });
} finally {
  if (own === undefined) run([join(root, 'bin/run.js'), 'server', 'stop', '--quiet']);
}

function run(args, stdout = 'inherit', env = process.env) {
  const result = spawnSync(process.execPath, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', stdout, 'inherit'],
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
  return result.stdout ?? '';
}
