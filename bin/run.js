#!/usr/bin/env node
import { mkdirSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // Answered here because loading oclif for it would take twice as long; a test compares it with oclif's answer.
  const { name, version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  console.log(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}`);
} else {
  cacheCompiledCode();
  const { main } = await import('../dist/lib/cli/main.js');
  await main(argv, root);
}

/** Node 22 and later keep compiled code; in a folder of our own, because the default one in /tmp is anybody's. */
function cacheCompiledCode() {
  if (nodeModule.enableCompileCache === undefined || process.env.BK_DB_NO_CACHE !== undefined) return;
  try {
    const directory = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bk-db/v8');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    nodeModule.enableCompileCache(directory);
  } catch {
    // A home that cannot be written to costs some milliseconds, nothing else.
  }
}
