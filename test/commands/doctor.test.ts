import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filledDatabase, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';

interface Seen {
  readonly id: string;
  readonly status: string;
  readonly message: string;
  readonly fix: string | null;
}

async function examine(env: Record<string, string | undefined>, ...args: string[]) {
  const { status, json } = await runCli(['doctor', '--json', ...args], { env });
  const diagnoses = json.data.diagnoses as Seen[];
  const byId = (id: string) => diagnoses.find((one) => one.id === id);
  return { status, ok: json.data.ok as boolean, byId, diagnoses };
}

describe('doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    const { env } = await filledDatabase('select 1');
    const { status, ok, byId } = await examine(env, '--dir', await temporaryStore());
    expect({ status, ok }).toEqual({ status: 0, ok: true });
    for (const id of ['server.reachable', 'server.clock', 'program.pg_dump', 'program.node', 'store.space'])
      expect(byId(id)).toMatchObject({ status: 'ok', fix: null });
  });

  it('goes on without a server, and says what is wrong with it', async () => {
    const missing = await examine({});
    expect(missing).toMatchObject({ status: 4, ok: false });
    expect(missing.byId('configuration')).toMatchObject({
      status: 'failed',
      fix: expect.any(String) as string,
    });
    expect(missing.byId('server.reachable')?.status).toBe('skipped');
    expect(missing.byId('program.pg_dump')?.status).toBe('ok');
    const dead = await examine({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' });
    expect(dead.byId('server.reachable')).toMatchObject({ status: 'failed' });
  });

  it('names programs that are missing, with what they are for', async () => {
    const { status, byId } = await examine({ BK_DB_PG_BIN: '/nowhere', PATH: '/nowhere' });
    expect(status).toBe(4);
    expect(byId('program.pg_restore')).toMatchObject({
      status: 'failed',
      fix: expect.stringContaining('Install') as string,
    });
    expect(byId('program.age')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('--encrypt-to') as string,
    });
  });

  it('looks at the folder of backups', async () => {
    const open = join(await temporaryStore(), 'open');
    await mkdir(open);
    await chmod(open, 0o755);
    expect((await examine({}, '--dir', open)).byId('store.private')).toMatchObject({
      status: 'warning',
      fix: `chmod 700 ${open}`,
    });
    const later = join(open, 'not', 'yet');
    expect((await examine({}, '--dir', later)).byId('store.writable')?.message).toContain('will be made');
  });
});
