import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProject } from '../../support/project.js';

describe('a project without a server', () => {
  test.each([['config', '--check'], ['health'], ['migrate', 'status']])(
    'is told so by %s %s, and gets none',
    async (...args) => {
      const project = await createProject();
      const human = await project.run(args);
      expect(human.status).toBe(2);
      expect(human.stderr).toContain(
        `error: no database is configured, and ${project.directory} has no embedded server`,
      );
      expect(human.stderr).toMatch(/hint: Set DATABASE_URL.*`bk-db init` or `bk-db server start`/);
      const json = await project.run([...args, '--json']);
      expect(json.status).toBe(2);
      expect(json.json).toMatchObject({ ok: false, error: { code: 'CONFIG_INVALID', exitStatus: 2 } });
      await expect(stat(project.home)).rejects.toThrow('ENOENT');
    },
  );

  test('has the status absent', async () => {
    const project = await createProject();
    const { status, json } = await project.run(['server', 'status', '--json']);
    expect(status).toBe(0);
    expect(json.data).toMatchObject({
      state: 'absent',
      projectRoot: project.directory,
      directory: project.home,
      version: null,
      pid: null,
      startedAt: null,
    });
  });

  test.each(['stop', 'url', 'logs', 'destroy'])('cannot %s one', async (verb) => {
    const project = await createProject();
    const { status, json } = await project.run(['server', verb, '--json']);
    expect(status).toBe(15);
    expect(json.error.code).toBe('NOT_FOUND');
    await expect(stat(project.home)).rejects.toThrow('ENOENT');
  });

  test('gets none where BK_DB_EMBEDDED forbids it', async () => {
    const project = await createProject();
    const { status, stderr } = await project.run(['server', 'start'], { env: { BK_DB_EMBEDDED: 'false' } });
    expect(status).toBe(2);
    expect(stderr).toContain('forbidden by BK_DB_EMBEDDED');
    await expect(stat(project.home)).rejects.toThrow('ENOENT');
  });

  test('gets none in a folder that holds something else, which stays', async () => {
    const project = await createProject();
    await mkdir(project.home);
    await writeFile(join(project.home, 'thesis.tex'), 'years of work');
    const before = await stat(project.home);
    const { status, stderr } = await project.run(['server', 'start']);
    expect(status).toBe(2);
    expect(stderr).toContain('is not empty and holds no embedded server of bk-db');
    const after = await stat(project.home);
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(await readdir(project.home)).toEqual(['thesis.tex']);
  });

  test('is told what to install when the server programs are missing', async () => {
    const project = await createProject();
    const { status, stderr } = await project.run(['server', 'start'], { env: { BK_DB_PG_BIN: '/nowhere' } });
    expect(status).toBe(12);
    expect(stderr).toContain(
      'error: the PostgreSQL server programs (initdb, pg_ctl, postgres) were not found',
    );
    expect(stderr).toContain('apt-get install postgresql');
  });
});
