import { execa } from 'execa';
import { chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionTarget } from '../../src/lib/core/connection.js';
import { findInstallations } from '../../src/lib/core/pg-tools.js';
import { freePort, type NetworkServer } from './network-server.js';
import { testRunTool } from './pg-run-tool.js';

/** A standby that streams from a server, on a port of 127.0.0.1. */
export interface Standby {
  readonly target: ConnectionTarget;
  readonly stop: () => Promise<void>;
}

/** Copies the server with pg_basebackup and starts the copy; the server lets 127.0.0.1 replicate without a password. */
export async function startStandby({ admin, port }: NetworkServer): Promise<Standby> {
  const directory = await mkdtemp(join(tmpdir(), 'bk-db-standby-'));
  const data = join(directory, 'data');
  const [installation] = await findInstallations(
    { runTool: testRunTool, env: process.env, pgBin: undefined },
    'pg_basebackup',
  );
  if (installation === undefined) throw new Error('there is no pg_basebackup');
  const { uid, gid } = await stat(admin.host);
  const isRoot = process.getuid?.() === 0;
  await chmod(directory, 0o755);
  if (isRoot) await chown(directory, uid, gid);
  const run = (program: string, args: readonly string[]) =>
    execa(join(installation.directory, program), args, {
      ...(isRoot ? { uid, gid } : {}),
      cwd: directory,
      stdio: 'ignore',
    });
  await run('pg_basebackup', [
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-U',
    admin.user,
    '-D',
    data,
    '-R',
    '-c',
    'fast',
  ]);
  const ownPort = await freePort();
  const settings = `-c port=${ownPort} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${directory}`;
  await run('pg_ctl', ['-D', data, '-w', '-l', join(directory, 'log'), '-o', settings, 'start']);
  return {
    target: { ...admin, host: '127.0.0.1', port: ownPort, password: undefined },
    stop: async () => {
      await run('pg_ctl', ['-D', data, '-m', 'immediate', 'stop']);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
