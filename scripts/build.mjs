// Bundles the command line (one entry per command, shared chunks) and the library, writes the library's
// declarations and the oclif manifest. Bundled because unbundled oclif alone doubles every start (bench/startup).
import { spawnSync } from 'node:child_process';
import { copyFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const fast = process.argv.includes('--fast');
/** Where dist is made. */
const fresh = `.dist-${process.pid}`;

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  splitting: true,
  outbase: 'src',
  // Syntax only: names stay, so that a stack trace can be read.
  minifySyntax: true,
  jsx: 'automatic',
  // One React, the one without development checks.
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

/**
 * Code from CommonJS packages asks for `require` and its own place, which ES modules lack. libpg-query looks beside itself for
 * its WebAssembly, which lies with the command line's chunks, once.
 */
function commonJsBanner(chunks) {
  return {
    js: `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __filename = import.meta.filename; const __dirname = import.meta.dirname + '${chunks}';`,
  };
}
const PARSER = 'libpg-query.wasm';

async function commandFiles(directory) {
  const entries = await readdir(join(root, directory), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

async function buildCommandLine() {
  return build({
    ...shared,
    entryPoints: [
      'src/lib/cli/main.ts',
      'src/lib/cli/help-class.ts',
      ...(await commandFiles('src/commands')),
      ...(await commandFiles('src/hooks')),
    ],
    outdir: fresh,
    chunkNames: 'chunks/[name]-[hash]',
    banner: commonJsBanner(''),
    // Development tools that oclif would load when present.
    external: ['typescript', 'ts-node', 'tsx', 'react-devtools-core'],
  });
}

async function buildLibrary() {
  return build({
    ...shared,
    entryPoints: ['src/lib/index.ts', 'src/lib/operations.ts', 'src/lib/query-metrics/index.ts'],
    outdir: `${fresh}/library`,
    outbase: 'src/lib',
    external: ['postgres', 'zod', 'prom-client'],
    banner: commonJsBanner('/../chunks'),
  });
}

/** The licences of everything that was bundled, as they ask for. */
async function writeNotices(metafiles) {
  const packages = new Map();
  for (const input of metafiles.flatMap((metafile) => Object.keys(metafile.inputs))) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) packages.set(match[1], undefined);
  }
  const notices = [];
  for (const directory of [...packages.keys()].sort()) {
    const manifest = JSON.parse(await readFile(join(root, directory, 'package.json'), 'utf8'));
    const file = (await readdir(join(root, directory))).find((name) => /^licen[cs]e/i.test(name));
    const text =
      file === undefined
        ? `License: ${manifest.license}`
        : await readFile(join(root, directory, file), 'utf8');
    notices.push(`${manifest.name} ${manifest.version}\n\n${text.trim()}\n`);
  }
  await writeFile(join(root, 'dist/THIRD-PARTY-NOTICES.txt'), notices.join(`\n${'-'.repeat(78)}\n\n`));
}

function run(args) {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Exchanges dist for the new one by renames: commands that run meanwhile, and a build that fails, find one that is whole. */
async function publish() {
  const [dist, old] = [join(root, 'dist'), join(root, `${fresh}-old`)];
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(dist, old).catch(ignoreMissing);
      await rename(join(root, fresh), dist);
      break;
    } catch (error) {
      // Another build was faster.
      if (attempt === 5) throw error;
    } finally {
      await rm(old, { recursive: true, force: true });
    }
  }
}

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
}

let results;
try {
  results = await Promise.all([buildCommandLine(), buildLibrary()]);
  await copyFile(join(root, 'node_modules/libpg-query/wasm', PARSER), join(root, fresh, 'chunks', PARSER));
  await publish();
} finally {
  await rm(join(root, fresh), { recursive: true, force: true });
}
if (!fast) {
  await writeNotices(results.map((result) => result.metafile));
  run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json']);
}
run(['scripts/manifest.mjs']);
run(['scripts/readme.mjs']);
