import { execa } from 'execa';
import { chmod, chown, mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { runCli, type CliResult, type RunCliOptions } from './cli.js';

export type Identity = NonNullable<RunCliOptions['identity']>;

/** An account without rights; root may act as it. */
export const NOBODY: Identity = { uid: 65_534, gid: 65_534 };

/** A project directory whose embedded server, when it gets one, lives in `home`. */
export interface Project {
  readonly directory: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs bk-db in the project. */
  run(args: readonly string[], options?: RunCliOptions): Promise<CliResult>;
  /** A statement on the server's maintenance database, through psql and the printed URL. */
  psql(statement: string): Promise<string>;
  /** Number of the server's process, from its pid file. */
  postmasterPid(): Promise<number>;
  /** The servers that run on the project's data; more than one must never be. */
  servers(): Promise<string[]>;
}

export interface ProjectOptions {
  /** The server's folder, relative to the project; default `home`. */
  readonly home?: string;
  readonly identity?: Identity;
}

/** Creates an empty project, which goes away with the test, server and all. */
export async function createProject({ home = 'home', identity }: ProjectOptions = {}): Promise<Project> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'bk-db-project-')));
  await chmod(directory, 0o711);
  if (identity !== undefined) await chown(directory, identity.uid, identity.gid);
  // A project of its own, whatever lies above it.
  await mkdir(join(directory, '.git'));
  const env = { BK_DB_HOME: join(directory, home) };
  const data = join(env.BK_DB_HOME, 'data');
  const run: Project['run'] = (args, options = {}) =>
    runCli(args, {
      cwd: directory,
      ...(identity === undefined ? {} : { identity }),
      ...options,
      env: { ...env, ...options.env },
    });
  const servers = async () => {
    const { stdout } = await execa('ps', ['-eo', 'stat=,args=']);
    return stdout.split('\n').filter((line) => !line.startsWith('Z') && line.endsWith(`postgres -D ${data}`));
  };
  onTestFinished(async () => {
    await run(['server', 'destroy', '--yes']);
    expect(await servers()).toEqual([]);
    await rm(directory, { recursive: true, force: true });
  });
  return {
    directory,
    home: env.BK_DB_HOME,
    env,
    run,
    servers,
    psql: async (statement) => {
      const { stdout } = await run(['server', 'url', '--quiet']);
      const url = stdout.trim().replace('/bk?', '/postgres?');
      return (await execa('psql', [url, '-XAtc', statement], { env: { LC_ALL: 'C' } })).stdout;
    },
    postmasterPid: async () => Number.parseInt(await readFile(join(data, 'postmaster.pid'), 'utf8'), 10),
  };
}

/** A project whose server runs; it has the database postgres only. */
export async function startedProject(options?: ProjectOptions): Promise<Project> {
  const project = await createProject(options);
  const { status, stderr } = await project.run(['server', 'start']);
  expect(stderr).toContain('created and started');
  expect(status).toBe(0);
  return project;
}
