import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
let directory: string;
const deadEnv = { DATABASE_URL: 'postgresql://app@127.0.0.1:1/shop' };

beforeAll(async () => {
  db = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'bk-db-metrics-'));
});

afterAll(async () => {
  await db.drop();
  await rm(directory, { recursive: true });
});

describe('metrics', () => {
  it('prints Prometheus text', async () => {
    const { status, stdout, stderr } = await runCli(['metrics'], { env: db.env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('\nbk_db_up 1\n');
    expect(stdout).toContain(`bk_db_xid_age_transactions{database="${db.name}"}`);
  });

  it('writes a file that node_exporter may read, and leaves nothing beside it', async () => {
    const folder = join(directory, 'textfiles');
    await mkdir(folder);
    const file = join(folder, 'bk_db.prom');
    const { status, json } = await runCli(['metrics', '--textfile', file, '--json'], { env: db.env });
    expect({ status, textfile: json.data.textfile as string }).toEqual({ status: 0, textfile: file });
    expect(await readFile(file, 'utf8')).toMatch(/bk_db_up 1\n[^]*\n$/);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect(await readdir(folder)).toEqual(['bk_db.prom']);
  });

  it('tells of a dead server in the file, and fails', async () => {
    const file = join(directory, 'dead.prom');
    const { status, stderr } = await runCli(['metrics', '--textfile', file], { env: deadEnv });
    expect(status).toBe(10);
    expect(stderr).toContain('cannot connect');
    expect(await readFile(file, 'utf8')).toContain('bk_db_up 0\n');
  });

  it('fails with IO where it may not write', async () => {
    const { status } = await runCli(['metrics', '--textfile', '/nowhere/bk_db.prom'], { env: db.env });
    expect(status).toBe(22);
  });
});

describe('metrics serve', () => {
  it('serves until it is stopped', async () => {
    const { status, stderr } = await runCli(['metrics', 'serve', '--listen', '127.0.0.1:0'], {
      env: db.env,
      signalAfter: { signal: 'SIGTERM', stderr: /serving http:\/\/127\.0\.0\.1:\d+\/metrics/ },
    });
    expect(status).toBe(143);
    expect(stderr).toContain('interrupted by SIGTERM');
  });

  it.each(['nonsense', '127.0.0.1:99999', 'host:'])('refuses to listen on %s', async (address) => {
    expect((await runCli(['metrics', 'serve', '--listen', address], { env: db.env })).status).toBe(2);
  });
});
