import { execa } from 'execa';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createProject, startedProject } from '../../support/project.js';

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';

describe('after a crash', () => {
  test('kill -9 of the server: the next command starts it again with what was committed', async () => {
    const project = await startedProject();
    await project.psql('create database bk');
    await project.psql('create table kept as select 42 as answer');
    const pid = await project.postmasterPid();
    process.kill(pid, 'SIGKILL');
    const { status, stderr } = await project.run(['config', '--check']);
    expect([status, stderr]).toEqual([
      0,
      'no database is configured: using the embedded server; set DATABASE_URL to use yours\n',
    ]);
    expect(await project.postmasterPid()).not.toBe(pid);
    expect(await project.psql('select answer from kept')).toBe('42');
    expect(await project.servers()).toHaveLength(1);
  });

  test('kill -9 of the server while a session works: its last process is waited for', async () => {
    const project = await startedProject();
    await project.psql('create database bk');
    const { stdout: url } = await project.run(['server', 'url']);
    // Burns time without looking up, so that it does not notice the end of the server.
    const busy = `do $$ declare t timestamptz := clock_timestamp(); begin
      while clock_timestamp() < t + interval '2 s' loop end loop; end $$`;
    const session = execa('psql', [url.trim(), '-Xc', busy], { reject: false });
    await expect
      .poll(() =>
        project.psql("select count(*) from pg_stat_activity where query like 'do %' and state = 'active'"),
      )
      .toBe('1');
    process.kill(await project.postmasterPid(), 'SIGKILL');
    const { status } = await project.run(['config', '--check']);
    expect(status).toBe(0);
    await session;
  });

  test.runIf(isLinux).each(['a living stranger', 'a zombie'])(
    'its number now belongs to %s',
    async (kind) => {
      const project = await startedProject();
      await project.psql('create database bk');
      const account = await lstat(join(project.home, 'data'));
      await project.run(['server', 'stop']);
      const stranger = await startStranger(account, kind === 'a zombie');
      const pidFile = join(project.home, 'data/postmaster.pid');
      await writeFile(
        pidFile,
        `${stranger}\n${join(project.home, 'data')}\n1795388587\n5432\n\n\n0 0\nready   \n`,
      );
      expect((await project.run(['server', 'status', '--json'])).json.data.state).toBe('stopped');
      expect((await project.run(['server', 'stop', '--json'])).json.data.action).toBe('none');
      expect(await isThere(stranger)).toBe(true);
      expect((await project.run(['config', '--check'])).status).toBe(0);
      expect(await isThere(stranger)).toBe(true);
      expect(await project.servers()).toHaveLength(1);
    },
  );

  test('what a killed creation left is swept, and creation works', async () => {
    const project = await createProject();
    await mkdir(join(project.home, '.new-dead/data'), { recursive: true });
    await writeFile(join(project.home, '.new-dead/password'), 'x');
    expect((await project.run(['server', 'start'])).status).toBe(0);
    expect(await readdir(project.home)).not.toContain('.new-dead');
  });

  test('a creation killed at any moment does not hinder the next', async () => {
    const project = await createProject();
    for (const ms of [150, 300, 400, 500, 600]) {
      await project.run(['server', 'start'], { signalAfter: { signal: 'SIGKILL', ms } });
      expect((await project.run(['server', 'start'])).stderr).not.toContain('error:');
      expect(await project.servers()).toHaveLength(1);
      expect((await readdir(project.home)).filter((name) => name.startsWith('.'))).toEqual([]);
      expect((await project.run(['server', 'destroy', '--yes'])).status).toBe(0);
    }
  });

  test('an interrupted creation leaves nothing behind', async () => {
    const project = await createProject();
    const { status } = await project.run(['server', 'start'], { signalAfter: { signal: 'SIGINT', ms: 500 } });
    if (status === 130)
      expect((await readdir(project.home)).filter((name) => name.startsWith('.new-'))).toEqual([]);
    expect((await project.run(['server', 'start'])).status).toBe(0);
    expect(await project.servers()).toHaveLength(1);
  });

  test('a broken data directory is reported with the reason from the log', async () => {
    const project = await startedProject();
    await project.run(['server', 'stop']);
    await rm(join(project.home, 'data/global/pg_control'));
    const { status, stderr, json } = await project.run(['server', 'start', '--json']);
    expect(status).toBe(13);
    expect(stderr).not.toContain('created');
    expect(json.error.message).toMatch(/^the embedded server did not start: .*database system/);
    expect(json.error.hint).toContain(join(project.home, 'log/server.log'));
  });
});

/** A process of the account that is no server: asleep, or dead and not yet buried by its parent. */
async function startStranger(account: { uid: number; gid: number }, zombie: boolean): Promise<number> {
  const script = zombie ? 'sleep 0 & echo $!; exec sleep 300' : 'sleep 300 & echo $!; wait';
  const identity = isRoot ? { uid: account.uid, gid: account.gid } : {};
  const shell = execa('sh', ['-c', script], { ...identity, reject: false, detached: true });
  onTestFinished(async () => {
    process.kill(-(shell.pid ?? 0), 'SIGKILL');
    await shell;
  });
  const [printed] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(printed.toString());
  if (zombie) await expect.poll(() => readFile(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /);
  return pid;
}

async function isThere(pid: number): Promise<boolean> {
  return stat(`/proc/${pid}`).then(
    () => true,
    () => false,
  );
}
