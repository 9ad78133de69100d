import { execa } from 'execa';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createProject, startedProject } from '../../support/project.js';

const isLinux = process.platform === 'linux';

describe('several at once', () => {
  test('eight first starts give one server, created once', async () => {
    const project = await createProject();
    const results = await Promise.all(
      Array.from({ length: 8 }, () => project.run(['server', 'start', '--json'])),
    );
    expect(results.map(({ status, stderr }) => [status, stderr.includes('error')])).toEqual(
      results.map(() => [0, false]),
    );
    const actions = results.map(({ json }) => json.data.action as string).sort();
    expect(actions).toEqual(['created', ...Array.from({ length: 7 }, () => 'none')]);
    expect(new Set(results.map(({ json }) => json.data.pid as number)).size).toBe(1);
    expect(await project.servers()).toHaveLength(1);
    expect((await readdir(project.home)).sort()).toEqual(['data', 'lock', 'log', 'pgpass', 'run']);
  });

  test('commands that all find it stopped start it once', async () => {
    const project = await startedProject();
    await project.psql('create database bk');
    await project.run(['server', 'stop']);
    const results = await Promise.all(Array.from({ length: 4 }, () => project.run(['config', '--check'])));
    expect(results.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(await project.servers()).toHaveLength(1);
  });

  test.runIf(isLinux)('a start that may not wait tells who holds the lock', async () => {
    const project = await createProject();
    await mkdir(project.home);
    const lock = join(project.home, 'lock');
    await writeFile(lock, '{"pid":4711,"since":"2026-11-22T03:15:00.000Z"}\n');
    const holder = execa('flock', [lock, 'sleep', '300'], { reject: false, detached: true });
    onTestFinished(async () => {
      process.kill(-(holder.pid ?? 0), 'SIGKILL');
      await holder;
    });
    await expect
      .poll(async () => (await execa('flock', ['--nonblock', lock, 'true'], { reject: false })).exitCode)
      .toBe(1);
    const { status, stderr } = await project.run(['server', 'start', '--wait', '0']);
    expect(status).toBe(11);
    expect(stderr).toContain('is locked by another bk-db (process 4711, since 2026-11-22T03:15:00.000Z)');
  });

  test('a wait that is no duration is refused', async () => {
    const project = await createProject();
    const { status, stderr } = await project.run(['server', 'start', '--wait', 'soon']);
    expect(status).toBe(2);
    expect(stderr).toContain('error: --wait: "soon" is not a duration');
  });
});
