// `npm run faults`: every round of the fault matrix (test/faults), and one line that says what was planted and stood.
// Takes about half an hour; `npm test` runs a sample. As root, small disks are filled up, too.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'bk-db-faults-'));
const report = join(folder, 'report');
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/faults', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, BK_DB_FAULTS: 'full', BK_DB_FAULT_REPORT: report },
  },
);
const counts = new Map();
if (existsSync(report)) {
  for (const line of readFileSync(report, 'utf8').trim().split('\n')) {
    const { fault, count } = JSON.parse(line);
    counts.set(fault, (counts.get(fault) ?? 0) + count);
  }
}
rmSync(folder, { recursive: true });
const list = [...counts].map(([fault, count]) => `${count} × ${fault}`).join(', ');
console.log(
  `faults stood: ${list === '' ? 'none' : list}${status === 0 ? '' : '; OTHERS WERE NOT, see above'}`,
);
process.exitCode = status ?? 1;
