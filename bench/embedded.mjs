// An embedded server with the whole schema and no rows, in a folder of its own that goes with it.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
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
    const { pid } = JSON.parse(execute('server', 'status', '--json')).data;
    return {
      url: execute('server', 'url'),
      home,
      env,
      destroy,
      program: (name) => programBeside(pid, name),
      cpuSeconds: () => cpuSecondsOf(pid),
    };
  } catch (error) {
    destroy();
    throw error;
  }
}

/** PostgreSQL's program of the server's own version, else the one on the PATH. */
function programBeside(pid, name) {
  const path = join(dirname(readlinkSync(`/proc/${pid}/exe`)), name);
  return existsSync(path) ? path : name;
}

/** CPU time of a server: its own, and that of all sessions that have ended (Linux, in hundredths of a second). */
function cpuSecondsOf(pid) {
  // A session ends a little after its client, and counts only then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return fields.slice(11, 15).reduce((total, ticks) => total + Number(ticks), 0) / 100;
}
