import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** Whether terminals can be opened here. */
export const hasTmux = (await execa('tmux', ['-V'], { reject: false })).exitCode === 0;

/** Polls with patience: the machine may be busy. */
export const eventually = <T>(probe: () => Promise<T> | T) => expect.poll(probe, { timeout: 20_000 });

export interface TerminalOptions {
  readonly url: string;
  /** Flags beside `health --watch`. */
  readonly flags?: readonly string[];
  readonly cwd?: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A live screen in a terminal of its own. */
export interface Terminal {
  readonly type: (...keys: string[]) => Promise<string>;
  readonly screen: () => Promise<string>;
  /** Pastes as a terminal does, marked where the screen asked for that. */
  readonly paste: (text: string) => Promise<string>;
  /** The screen with its colours, as escape sequences. */
  readonly coloredScreen: () => Promise<string>;
  readonly resize: (columns: number, rows: number) => Promise<string>;
  /** 1 when the alternate screen is on, and 1 when the cursor is seen. */
  readonly modes: () => Promise<string>;
  /** Whether the terminal echoes and waits for whole lines, as a shell wants it. */
  readonly isCooked: () => Promise<boolean>;
  /** What was copied last. */
  readonly clipboard: () => Promise<string>;
  readonly pid: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Opens a terminal in which the screen runs; it goes away with the test. */
export async function openTerminal({
  url,
  flags = [],
  cwd = '/tmp',
  columns = 100,
  rows = 24,
  env = {},
}: TerminalOptions): Promise<Terminal> {
  const socket = `bk-db-${randomBytes(4).toString('hex')}`;
  const tmux = async (...args: string[]) => (await execa('tmux', ['-L', socket, ...args])).stdout;
  const close = async () => {
    await execa('tmux', ['-L', socket, 'kill-server'], { reject: false });
  };
  onTestFinished(close);
  const shell = {
    env: {
      PATH: process.env['PATH'] ?? '',
      TERM: 'xterm-256color',
      HOME: '/tmp',
      LANG: 'C.UTF-8',
      DATABASE_URL: url,
      ...env,
    },
    extendEnv: false,
  };
  const size = ['-x', String(columns), '-y', String(rows)];
  const session = ['new-session', '-d', '-s', 'w', ...size, '-c', cwd, 'sh'];
  await execa('tmux', ['-L', socket, '-f', '/dev/null', ...session], shell);
  await tmux('set', '-s', 'set-clipboard', 'on');
  const type = (...keys: string[]) => tmux('send-keys', '-t', 'w', ...keys);
  const screen = () => tmux('capture-pane', '-p', '-t', 'w');
  const show = (format: string) => tmux('display', '-p', '-t', 'w', format);
  await type(`${process.execPath} ${BIN} health --watch ${flags.join(' ')}; echo ended=$?`, 'Enter');
  await eventually(screen).toContain('q quit');
  await eventually(screen).toMatch(/ (OK|UNKNOWN|WARNING|CRITICAL) /);
  return {
    type,
    screen,
    close,
    paste: async (text) => {
      await tmux('set-buffer', text);
      return tmux('paste-buffer', '-p', '-t', 'w');
    },
    coloredScreen: () => tmux('capture-pane', '-p', '-e', '-t', 'w'),
    resize: (width, height) => tmux('resize-window', '-t', 'w', '-x', String(width), '-y', String(height)),
    modes: () => show('#{alternate_on} #{cursor_flag}'),
    isCooked: async () => {
      const { stdout } = await execa('stty', ['-a', '-F', await show('#{pane_tty}')]);
      return /(?<!-)\bicanon\b/.test(stdout) && /(?<!-)\becho\b/.test(stdout);
    },
    clipboard: () => tmux('show-buffer'),
    pid: async () => {
      const { stdout } = await execa('pgrep', ['-P', await show('#{pane_pid}'), 'node']);
      return Number(stdout.trim());
    },
  };
}
