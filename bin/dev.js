#!/usr/bin/env node
// Builds, then runs: what you see is what you wrote.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const build = fileURLToPath(new URL('../scripts/build.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [build, '--fast'], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (status === 0) await import('./run.js');
else process.exitCode = status ?? 1;
