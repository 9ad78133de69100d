import { constants } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunTool } from '../core/process.js';
import { SERVER_PORT, type ServerLayout } from './layout.js';
import { parsePostmasterPid, withoutOwner, type PostmasterPid } from './postmaster-pid.js';

/** The live server process of this data directory, whether ready or still starting. Never one that only has its number. */
export async function findPostmaster(
  runTool: RunTool,
  layout: ServerLayout,
): Promise<PostmasterPid | undefined> {
  const recorded = parsePostmasterPid(await readIfThere(pidFile(layout)));
  if (recorded === undefined) return undefined;
  return (await isPostmaster(runTool, recorded.pid, layout.dataDirectory)) ? recorded : undefined;
}

/** Makes what a dead server left harmless, so that the next one can start. Only under the lock, and when it is dead. */
export async function clearStaleFiles(layout: ServerLayout): Promise<void> {
  const content = await readIfThere(pidFile(layout));
  if (content !== '') {
    const file = await open(pidFile(layout), constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      await file.write(withoutOwner(content), 0);
    } finally {
      await file.close();
    }
  }
  const socket = join(layout.socketDirectory, `.s.PGSQL.${SERVER_PORT}`);
  await Promise.all([rm(socket, { force: true }), rm(`${socket}.lock`, { force: true })]);
}

/** True when the process lives (a zombie does not) and is a postgres started on this data directory. */
async function isPostmaster(runTool: RunTool, pid: number, dataDirectory: string): Promise<boolean> {
  const words =
    process.platform === 'linux' ? await linuxCommand(pid) : await psCommand(runTool, pid, dataDirectory);
  if (words === undefined || !['postgres', 'postmaster'].includes(basename(words[0] ?? ''))) return false;
  return words[words.indexOf('-D') + 1] === dataDirectory;
}

async function linuxCommand(pid: number): Promise<string[] | undefined> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything; the state is the letter after the last of them.
  const state = stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
  if (state === '' || state === 'Z' || state === 'X') return undefined;
  return (await readIfThere(`/proc/${pid}/cmdline`)).split('\0');
}

/** Where there is no /proc: ps joins the words by spaces, so a data directory with spaces is looked for whole. */
async function psCommand(
  runTool: RunTool,
  pid: number,
  dataDirectory: string,
): Promise<string[] | undefined> {
  const tool = { command: 'ps', args: ['-o', 'stat=,command=', '-p', String(pid)] };
  const { stdout } = await runTool(tool, { accept: [0, 1] });
  const match = /^\s*(\S+)\s+(.*)$/.exec(stdout);
  if (match?.[2] === undefined || match[1]?.startsWith('Z') === true) return undefined;
  const [program = '', ...rest] = match[2].split(' -D ');
  return rest.join(' -D ').trim() === dataDirectory ? [program, '-D', dataDirectory] : undefined;
}

function pidFile(layout: ServerLayout): string {
  return join(layout.dataDirectory, 'postmaster.pid');
}

async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
