import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { Environment } from './config/sources.js';
import { BkDbError } from './errors.js';

/** A program to run, as data: built by pure functions, started here. Never put a secret into `args`. */
export interface Tool {
  readonly command: string;
  readonly args: readonly string[];
  /** What messages call it; default the command's last part. */
  readonly name?: string;
  /** Added to the small fixed environment of children (PATH, HOME, locale C, time zone UTC). */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Run as this user and group (only root may). */
  readonly identity?: { readonly uid: number; readonly gid: number };
}

export interface ToolResult {
  readonly stdout: string;
  /** The last {@link STDERR_LIMIT} characters at most: a tool that complains a lot is not stopped for it. */
  readonly stderr: string;
  readonly exitCode: number;
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Inherited descriptors 3 and up. */
  readonly descriptors?: readonly number[];
  /** Statuses that are answers rather than failures; default 0 alone. */
  readonly accept?: readonly number[];
}

/** Starts a tool and waits for it; given to features so that they need no door of their own. */
export type RunTool = (tool: Tool, options?: RunOptions) => Promise<ToolResult>;

const STDERR_LIMIT = 100_000;
/** Lines of stderr in an error. */
const STDERR_LINES = 20;
/** How long what a stopped tool has said last may take to arrive. */
const LAST_WORDS_MS = 100;
const KILL_DELAY_MS = 3_000;

/**
 * Makes the function that runs programs with stdin closed and waits for their end.
 * On abort a program gets SIGTERM, after 3 s SIGKILL. The function
 * throws BkDbError TOOL_MISSING, TOOL_FAILED (with the end of stderr), TIMEOUT, or the abort reason.
 */
export function createRunTool(environment: Environment): RunTool {
  return (tool, options = {}) => run(environment, tool, options);
}

async function run(environment: Environment, tool: Tool, options: RunOptions): Promise<ToolResult> {
  options.signal?.throwIfAborted();
  const running = execa(tool.command, [...tool.args], {
    // execa's types know no inherited descriptor numbers; its documentation and code do.
    stdio: ['ignore', 'pipe', 'pipe', ...(options.descriptors ?? [])] as ['ignore', 'pipe', 'pipe'],
    env: childEnvironment(environment, tool.env),
    extendEnv: false,
    reject: false,
    stripFinalNewline: true,
    buffer: { stdout: true, stderr: false },
    forceKillAfterDelay: KILL_DELAY_MS,
    ...(tool.cwd === undefined ? {} : { cwd: tool.cwd }),
    ...(tool.identity ?? {}),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  let tail = '';
  running.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_LIMIT);
  });
  running.once('exit', (_, endedBy) => {
    // A grandchild that outlives a stopped tool keeps its pipes open: nobody waits for that.
    if (endedBy !== null || options.signal?.aborted === true) setTimeout(closePipes, LAST_WORDS_MS, running);
  });
  const result = await running;
  const stdout = typeof result.stdout === 'string' ? result.stdout : '';
  const stderr = tail.replace(/\n$/, '');
  if (result.isCanceled) options.signal?.throwIfAborted();
  if (result.timedOut) {
    throw new BkDbError('TIMEOUT', `${name(tool)} did not end within ${options.timeoutMs ?? 0} ms`);
  }
  if (result.exitCode !== undefined && (options.accept ?? [0]).includes(result.exitCode)) {
    return { stdout, stderr, exitCode: result.exitCode };
  }
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw new BkDbError('TOOL_MISSING', `cannot run ${tool.command}`, {
      hint: 'Install the PostgreSQL client programs.',
    });
  }
  throw toolFailed(tool, stderr, result.signal ?? result.exitCode ?? result.code ?? 'unknown');
}

function closePipes({ stdout, stderr }: { readonly stdout: Readable; readonly stderr: Readable }): void {
  stdout.destroy();
  stderr.destroy();
}

function toolFailed(tool: Tool, stderr: string, ending: string | number): BkDbError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const how = typeof ending === 'number' ? `ended with status ${ending}` : `was ended by ${ending}`;
  // What went wrong stands in the first line that says so; chatter of --verbose may come before it.
  const first = Math.max(
    lines.findIndex((line) => /\b(error|fatal|panic):/i.test(line)),
    0,
  );
  const message =
    lines[first] === undefined ? `${name(tool)} ${how}` : `${name(tool)} ${how}: ${lines[first]}`;
  return new BkDbError('TOOL_FAILED', message, {
    details: { tool: name(tool), ending, stderr: lines.slice(first, first + STDERR_LINES) },
  });
}

function name(tool: Tool): string {
  return tool.name ?? tool.command.split('/').at(-1) ?? tool.command;
}

const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'LD_LIBRARY_PATH',
  'KRB5CCNAME',
];

/** Messages in English and times in UTC, so that both can be read by a program; no PG* variable leaks in. */
function childEnvironment(
  environment: Environment,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const inherited = INHERITED.flatMap((key) => {
    const value = environment[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', LANGUAGE: 'C', TZ: 'UTC', PGTZ: 'UTC', ...extra };
}
