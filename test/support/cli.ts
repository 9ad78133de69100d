import { execa } from 'execa';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface RunCliOptions {
  /** Added to the clean environment; undefined takes a variable out of it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: an empty directory of the call's own. */
  readonly cwd?: string;
  /** What stdin gives; default: nothing, closed. */
  readonly input?: string | Uint8Array;
  /** Runs as another user; only root may. */
  readonly identity?: { readonly uid: number; readonly gid: number };
  /** Sends a signal, `ms` after the start or as soon as stderr shows a pattern. */
  readonly signalAfter?: {
    readonly signal: NodeJS.Signals;
    readonly ms?: number;
    readonly stderr?: RegExp;
  };
}

export interface CliResult {
  /** Exit status; null when a signal ended the program. */
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON; undefined when it is none. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into it
  readonly json: any;
}

/**
 * Runs `bin/run.js` as a user would, in an environment without PG* and DATABASE_URL, with HOME, XDG directories,
 * embedded server and working directory of its own, which go away with the call.
 */
export async function runCli(args: readonly string[], options: RunCliOptions = {}): Promise<CliResult> {
  const sandbox = await mkdtemp(join(tmpdir(), 'bk-db-cli-'));
  try {
    await chmod(sandbox, 0o711);
    const cwd = options.cwd ?? join(sandbox, 'project');
    await mkdir(join(sandbox, 'home'), { mode: 0o700 });
    await mkdir(cwd, { recursive: true });
    if (options.identity !== undefined) await giveTo(options.identity, [join(sandbox, 'home'), sandbox]);
    const subprocess = execa(process.execPath, [BIN, ...args], {
      cwd,
      env: { ...cleanEnvironment(sandbox), ...options.env },
      extendEnv: false,
      ...options.identity,
      input: options.input ?? '',
      reject: false,
      stripFinalNewline: false,
    });
    const { signalAfter } = options;
    if (signalAfter?.ms !== undefined) {
      await sleep(signalAfter.ms);
      subprocess.kill(signalAfter.signal);
    }
    if (signalAfter?.stderr !== undefined) {
      const { signal, stderr: pattern } = signalAfter;
      let seen = '';
      subprocess.stderr.on('data', (chunk: Buffer) => {
        const before = pattern.test(seen);
        seen += chunk.toString();
        if (!before && pattern.test(seen)) subprocess.kill(signal);
      });
    }
    const { exitCode, signal, stdout, stderr } = await subprocess;
    return { status: exitCode ?? null, signal: signal ?? null, stdout, stderr, json: parse(stdout) };
  } finally {
    await rm(sandbox, { recursive: true, force: true });
  }
}

async function giveTo({ uid, gid }: { uid: number; gid: number }, paths: readonly string[]): Promise<void> {
  for (const path of paths) await chown(path, uid, gid);
}

function cleanEnvironment(sandbox: string): Record<string, string> {
  const home = join(sandbox, 'home');
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_STATE_HOME: join(home, '.local/state'),
    // Never the machine's own embedded servers, which root keeps in /var/lib/bk-db.
    BK_DB_HOME: join(sandbox, 'server'),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
