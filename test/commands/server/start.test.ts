import { execa } from 'execa';
import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProject, NOBODY, startedProject } from '../../support/project.js';

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';

describe('a started server', () => {
  test('is private: one socket, no TCP, passwords for all, nothing that others may read', async () => {
    const project = await startedProject();
    expect(await project.psql('show listen_addresses')).toBe('');
    expect(await project.psql('show data_checksums')).toBe('on');
    expect(await project.psql('show server_encoding')).toBe('UTF8');
    const hba = await project.psql('select distinct auth_method from pg_hba_file_rules');
    expect(hba).toBe('scram-sha-256');
    if (isLinux) {
      const { stdout } = await execa('ss', ['-Hltnp']);
      expect(stdout).not.toContain(`pid=${await project.postmasterPid()},`);
    }
    const loose: string[] = [];
    for (const entry of await readdir(project.home, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      // The server comes and goes with some of its files.
      const mode = await lstat(path).then(
        (found) => found.mode & 0o077,
        () => 0,
      );
      if (mode !== 0) loose.push(path);
    }
    expect(loose).toEqual([]);
    expect((await stat(project.home)).mode & 0o007).toBe(0);
  });

  test.runIf(isRoot)('of root runs as another account, and root keeps the password', async () => {
    const project = await startedProject();
    const account = await ownerOf(join(project.home, 'data'));
    expect(account).not.toBe(0);
    for (const name of ['run', 'log', 'log/server.log', 'data/postgresql.conf', 'data/bk-db.conf']) {
      expect([name, await ownerOf(join(project.home, name))]).toEqual([name, account]);
    }
    for (const name of ['.', 'pgpass', 'lock']) {
      expect([name, await ownerOf(join(project.home, name))]).toEqual([name, 0]);
    }
    expect(await ownerOf(`/proc/${await project.postmasterPid()}`)).toBe(account);
  });

  test.runIf(isRoot)('of an unprivileged user is all his own', async () => {
    const project = await startedProject({ identity: NOBODY });
    expect((await stat(project.home)).mode & 0o777).toBe(0o700);
    for (const name of ['.', 'data', 'run', 'pgpass']) {
      expect([name, await ownerOf(join(project.home, name))]).toEqual([name, NOBODY.uid]);
    }
    const { status, stderr } = await project.run(['config', '--check']);
    expect(stderr).toContain('database "bk" does not exist');
    expect(status).toBe(15);
  });

  test.runIf(isRoot)('is refused where the account cannot go, with the way out', async () => {
    const project = await createProject({ home: 'closed/home' });
    await mkdir(join(project.directory, 'closed'), { mode: 0o700 });
    const { status, stderr } = await project.run(['server', 'start']);
    expect(status).toBe(22);
    expect(stderr).toMatch(/the account .* cannot enter .*closed\/home/);
    expect(stderr).toContain('hint: Set BK_DB_HOME');
  });

  test.runIf(isRoot)('is not touched by another user', async () => {
    const project = await startedProject();
    for (const verb of ['stop', 'start', 'destroy', 'url', 'logs']) {
      const args = verb === 'destroy' ? ['--yes'] : [];
      const { status } = await project.run(['server', verb, ...args], { identity: NOBODY });
      expect([verb, status]).toEqual([verb, 22]);
    }
    expect(await project.servers()).toHaveLength(1);
  });

  test('works from a path too long for a socket', async () => {
    const project = await startedProject({ home: `${'deep/'.repeat(25)}home` });
    expect(project.home.length).toBeGreaterThan(107);
    const { json } = await project.run(['server', 'status', '--json']);
    expect(json.data.socketDirectory.length).toBeLessThan(90);
    expect((await stat(json.data.socketDirectory)).mode & 0o777).toBe(0o700);
    expect(await project.psql('select 1')).toBe('1');
    await project.run(['server', 'destroy', '--yes']);
    await expect(stat(json.data.socketDirectory)).rejects.toThrow('ENOENT');
  });

  test('refuses a socket directory that somebody else made', async () => {
    const project = await createProject({ home: `${'deep/'.repeat(25)}home` });
    const { json } = await project.run(['server', 'status', '--json']);
    await mkdir(json.data.socketDirectory, { mode: 0o755 });
    try {
      const { status, stderr } = await project.run(['server', 'start']);
      expect(status).toBe(21);
      expect(stderr).toContain(
        `${json.data.socketDirectory} is not a private directory of the server's account`,
      );
      expect(await project.servers()).toEqual([]);
    } finally {
      await rm(json.data.socketDirectory, { recursive: true });
    }
  });

  test('works from a path with spaces, apostrophes, commas and umlauts', async () => {
    const project = await startedProject({ home: `my own, o'neill's ä home` });
    expect(await project.psql('select 1')).toBe('1');
    expect((await project.run(['server', 'stop'])).status).toBe(0);
    expect(await project.servers()).toEqual([]);
  });

  test('is refused a path that a shell would run', async () => {
    const project = await createProject({ home: '$(touch owned)' });
    const { status, stderr } = await project.run(['server', 'start']);
    expect(status).toBe(2);
    expect(stderr).toContain('cannot hold a server: pg_ctl gives its path to a shell');
    expect(await readdir(project.directory)).toEqual(['.git']);
  });

  test('lives in the data directory of the user, one for each project', async () => {
    const project = await createProject(isRoot ? { identity: NOBODY } : {});
    const env = { BK_DB_HOME: undefined, XDG_DATA_HOME: join(project.directory, 'data') };
    const inside = join(project.directory, 'shop');
    await mkdir(join(inside, 'src'), { recursive: true });
    await writeFile(join(inside, 'package.json'), '{}');
    try {
      const outer = await project.run(['server', 'start', '--json'], { env });
      const inner = await project.run(['server', 'start', '--json'], { env, cwd: join(inside, 'src') });
      expect(inner.json.data).toMatchObject({ action: 'created', projectRoot: inside });
      expect(inner.json.data.directory).toMatch(/\/data\/bk-db\/servers\/shop-[0-9a-f]{10}$/);
      expect(inner.json.data.pid).not.toBe(outer.json.data.pid);
      const again = await project.run(['server', 'status', '--json'], { env, cwd: inside });
      expect(again.json.data.pid).toBe(inner.json.data.pid);
    } finally {
      for (const cwd of [project.directory, inside]) {
        await project.run(['server', 'destroy', '--yes'], { env, cwd });
      }
    }
  });

  test('survives the command, and a second start does nothing', async () => {
    const project = await startedProject();
    const pid = await project.postmasterPid();
    const { status, json } = await project.run(['server', 'start', '--json']);
    expect(status).toBe(0);
    expect(json.data).toMatchObject({ action: 'none', state: 'running', pid, version: expect.any(Number) });
    expect(Date.parse(json.data.startedAt)).toBeLessThanOrEqual(Date.now());
  });

  test('is reached by psql and by --url through the printed URL, which holds no password', async () => {
    const project = await startedProject();
    const password = (await readFile(join(project.home, 'pgpass'), 'utf8')).trim().split(':').at(-1) ?? '';
    expect(password.length).toBeGreaterThanOrEqual(32);
    await project.psql('create database bk');
    const { stdout } = await project.run(['server', 'url']);
    expect(stdout).toMatch(/^postgresql:\/\/bk@\/bk\?host=%2F.*&port=5432&passfile=%2F.*\n$/);
    expect(stdout).not.toContain(password);
    const { stdout: answer } = await execa('psql', [stdout.trim(), '-XAtc', 'select current_database()']);
    expect(answer).toBe('bk');
    const byUrl = await project.run(['config', '--check', '--json', '--url', stdout.trim()]);
    expect(byUrl.json.data.connection.target).toContain('/bk');
    const byDefault = await project.run(['config', '--check', '--json']);
    expect(byDefault.json.data.connection).toEqual(byUrl.json.data.connection);
    expect(byDefault.stderr).toBe(
      'no database is configured: using the embedded server; set DATABASE_URL to use yours\n',
    );
    for (const { stdout: out, stderr } of [byUrl, byDefault]) expect(out + stderr).not.toContain(password);
  });

  test('shows the end of its log', async () => {
    const project = await startedProject();
    await expect(project.psql('select no_such_column')).rejects.toThrow();
    const { status, stdout } = await project.run(['server', 'logs']);
    expect(status).toBe(0);
    expect(stdout).toContain('column "no_such_column" does not exist');
    const { json } = await project.run(['server', 'logs', '--lines', '2', '--json']);
    expect(json.data.lines).toHaveLength(2);
    expect(stdout).toContain(json.data.lines[1]);
  });

  test('says that other commands use the configured database when there is one', async () => {
    const project = await createProject();
    const { stderr } = await project.run(['server', 'start'], {
      env: { DATABASE_URL: 'postgresql://u:S3CR3T@db.example.org/shop' },
    });
    expect(stderr).toContain('warning: commands use u@db.example.org:5432/shop');
    expect(stderr).not.toContain('S3CR3T');
  });
});

async function ownerOf(path: string): Promise<number> {
  return (await lstat(path)).uid;
}
