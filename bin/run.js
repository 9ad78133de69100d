#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // Answered here because loading oclif for it would take twice as long; a test compares it with oclif's answer.
  const { name, version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  console.log(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}`);
} else {
  const { main } = await import('../dist/lib/cli/main.js');
  await main(argv, root);
}
