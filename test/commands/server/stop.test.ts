import { execa } from 'execa';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startedProject, type Project } from '../../support/project.js';

const isLinux = process.platform === 'linux';

describe('stop and destroy', () => {
  test('stop leaves the data and no process; a second one has no work', async () => {
    const project = await startedProject();
    await project.psql('create table kept as select 42 as answer');
    const first = await project.run(['server', 'stop', '--json']);
    expect(first.status).toBe(0);
    expect(first.json.data).toMatchObject({ action: 'stopped', state: 'stopped', pid: null });
    expect(await project.servers()).toEqual([]);
    const second = await project.run(['server', 'stop', '--json']);
    expect([second.status, second.json.data.action]).toEqual([0, 'none']);
    expect((await project.run(['server', 'start', '--json'])).json.data.action).toBe('started');
    expect(await project.psql('select answer from kept')).toBe('42');
  });

  test('the URL of a stopped server comes with a warning', async () => {
    const project = await startedProject();
    await project.run(['server', 'stop']);
    const { status, json, stderr } = await project.run(['server', 'url', '--json']);
    expect([status, json.data.state]).toEqual([0, 'stopped']);
    expect(json.warnings).toEqual(['the embedded server is stopped; `bk-db server start` starts it']);
    expect(stderr).toContain('warning: ');
  });

  test('destroy without a terminal needs --yes', async () => {
    const project = await startedProject();
    const { status, stderr } = await project.run(['server', 'destroy'], { input: 'yes\n' });
    expect(status).toBe(2);
    expect(stderr).toContain(`Remove the embedded server of ${project.directory}`);
    expect(stderr).toContain('hint: Give --yes');
    expect(await project.servers()).toHaveLength(1);
  });

  test.runIf(isLinux)('destroy asks on a terminal, and only yes is yes', async () => {
    const project = await startedProject();
    const refused = await inTerminal(project, 'no\n');
    expect(refused.exitCode).toBe(2);
    expect(refused.stdout).toContain('not confirmed, so nothing was changed');
    expect(await project.servers()).toHaveLength(1);
    const agreed = await inTerminal(project, 'yes\n');
    expect(agreed.exitCode).toBe(0);
    expect(agreed.stdout).toContain('removed the embedded server');
    await expect(stat(project.home)).rejects.toThrow('ENOENT');
  });

  test('destroy removes the server, its processes and its files, and nothing of others', async () => {
    const project = await startedProject();
    await writeFile(join(project.home, 'notes.txt'), 'mine');
    const { status, json } = await project.run(['server', 'destroy', '--yes', '--json']);
    expect(status).toBe(0);
    expect(json.data).toEqual({ projectRoot: project.directory, directory: project.home, wasRunning: true });
    expect(await project.servers()).toEqual([]);
    expect(await readdir(project.home)).toEqual(['notes.txt']);
  });

  test('destroy leaves the data alone when it is another cluster', async () => {
    const project = await startedProject();
    await project.run(['server', 'stop']);
    const marker = join(project.home, 'data/bk-db.json');
    const content = await readFile(marker, 'utf8');
    await writeFile(marker, content.replace(/"systemIdentifier":"\d+"/, '"systemIdentifier":"1"'));
    const { status, stderr } = await project.run(['server', 'destroy', '--yes']);
    expect(status).toBe(2);
    expect(stderr).toContain('its system identifier differs');
    expect(await readdir(project.home)).toContain('data');
    await writeFile(marker, content);
  });
});

/** `server destroy` in a pseudo-terminal in which somebody types. */
async function inTerminal(project: Project, typed: string) {
  const command = `${process.execPath} ${join(import.meta.dirname, '../../../bin/run.js')} server destroy`;
  return execa('script', ['-qec', command, '/dev/null'], {
    cwd: project.directory,
    env: { PATH: process.env['PATH'], HOME: project.directory, ...project.env },
    extendEnv: false,
    input: typed,
    reject: false,
  });
}
