// An embedded server with the whole schema and no rows, in a folder of its own that goes with it.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = join(dirname(fileURLToPath(import.meta.url)), '../bin/run.js');

export function startEmbedded() {
  const home = mkdtempSync(join(tmpdir(), 'bk-db-bench-'));
  // When root runs this, the server runs as another account, which must be able to enter.
  chmodSync(home, 0o755);
  // The shell's own environment, because what Node itself makes of it belongs to the base; but never the shell's database.
  const env = {
    ...process.env,
    HOME: home,
    BK_DB_HOME: join(home, 'server'),
    XDG_CACHE_HOME: join(home, 'cache'),
  };
  for (const name of Object.keys(env)) if (/^(PG|BK_DB_URL$|DATABASE_URL$)/.test(name)) delete env[name];
  const execute = (...args) => {
    const result = spawnSync(process.execPath, [bin, ...args], { cwd: home, env, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`bk-db ${args.join(' ')} failed:\n${result.stderr}`);
    return result.stdout.trim();
  };
  const destroy = () => {
    spawnSync(process.execPath, [bin, 'server', 'destroy', '--yes'], { cwd: home, env });
    rmSync(home, { recursive: true, force: true });
  };
  try {
    execute('init', '--no-seed', '--quiet');
    return { url: execute('server', 'url'), home, env, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}
