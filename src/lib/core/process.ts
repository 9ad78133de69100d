import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { Environment } from './config/sources.js';
import { BkDbError } from './errors.js';
import { feed, type Feeding } from './feed.js';
import { toolFailed, toolMissing, toolName } from './tool-failure.js';

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
  /** Told what a tool that ended well had said on stderr. */
  readonly onStderr?: ((text: string) => void) | undefined;
  /** What the tool reads on stdin, which is closed otherwise. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
}

/** Starts a tool and waits for it; given to features so that they need no door of their own. */
export type RunTool = (tool: Tool, options?: RunOptions) => Promise<ToolResult>;

/**
 * Starts a tool when its stdout is first asked for, and gives that piece by piece, at the reader's pace. It throws at the
 * end when the tool failed, so tools chained by `input` fail if any of them does; to stop reading stops the tool.
 */
export type OpenTool = (tool: Tool, options?: RunOptions) => AsyncGenerator<Buffer, void, undefined>;

const STDERR_LIMIT = 100_000;
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

/** Makes the function that runs programs whose output is too much to collect; it throws as that of createRunTool. */
export function createOpenTool(environment: Environment): OpenTool {
  return (tool, options = {}) => open(environment, tool, options);
}

async function run(environment: Environment, tool: Tool, options: RunOptions): Promise<ToolResult> {
  return finish(tool, options, start(environment, tool, { ...options, collect: true }));
}

async function* open(environment: Environment, tool: Tool, options: RunOptions) {
  const started = start(environment, tool, { ...options, collect: false });
  let reading = true;
  try {
    for await (const piece of started.running.stdout) yield piece as Buffer;
    reading = false;
  } finally {
    if (reading) {
      started.running.kill();
      await started.running;
    }
  }
  await finish(tool, options, started);
}

type Started = ReturnType<typeof start>;

function start(environment: Environment, tool: Tool, options: RunOptions & { readonly collect: boolean }) {
  options.signal?.throwIfAborted();
  const stdin = options.input === undefined ? 'ignore' : 'pipe';
  const running = execa(tool.command, [...tool.args], {
    // execa's types know no inherited descriptor numbers; its documentation and code do.
    stdio: [stdin, 'pipe', 'pipe', ...(options.descriptors ?? [])] as ['pipe', 'pipe', 'pipe'],
    env: childEnvironment(environment, tool.env),
    extendEnv: false,
    reject: false,
    stripFinalNewline: true,
    buffer: { stdout: options.collect, stderr: false },
    forceKillAfterDelay: KILL_DELAY_MS,
    ...(tool.cwd === undefined ? {} : { cwd: tool.cwd }),
    ...(tool.identity ?? {}),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  const said = { tail: '' };
  running.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.tail = (said.tail + text).slice(-STDERR_LIMIT);
  });
  running.once('exit', (_, endedBy) => {
    // A grandchild that outlives a stopped tool keeps its pipes open: nobody waits for that.
    if (endedBy !== null || options.signal?.aborted === true) setTimeout(closePipes, LAST_WORDS_MS, running);
  });
  const feeding: Promise<Feeding> =
    options.input === undefined
      ? Promise.resolve({ rethrow: undefined })
      : feed(options.input, running.stdin, () => running.kill());
  return { running, said, feeding };
}

async function finish(
  tool: Tool,
  options: RunOptions,
  { running, said, feeding }: Started,
): Promise<ToolResult> {
  const result = await running;
  const stdout = typeof result.stdout === 'string' ? result.stdout : '';
  const stderr = said.tail.replace(/\n$/, '');
  if (result.isCanceled) options.signal?.throwIfAborted();
  (await feeding).rethrow?.();
  if (result.timedOut) {
    throw new BkDbError('TIMEOUT', `${toolName(tool)} did not end within ${options.timeoutMs ?? 0} ms`);
  }
  if (result.exitCode !== undefined && (options.accept ?? [0]).includes(result.exitCode)) {
    options.onStderr?.(stderr);
    return { stdout, stderr, exitCode: result.exitCode };
  }
  if (result.code === 'ENOENT' || result.code === 'EACCES') throw toolMissing(tool);
  throw toolFailed(tool, stderr, result.signal ?? result.exitCode ?? result.code ?? 'unknown');
}

function closePipes({ stdout, stderr }: { readonly stdout: Readable; readonly stderr: Readable }): void {
  stdout.destroy();
  stderr.destroy();
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
