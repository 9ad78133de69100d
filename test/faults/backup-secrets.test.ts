import { execa } from 'execa';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { withDatabase } from '../../src/lib/core/database.js';
import { temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { rounds, tally } from '../support/faults.js';
import { startNetworkServer } from '../support/network-server.js';

const CANARY = `C4N4RY'"\\s $@:/#?é`;
const NEEDLES = [CANARY, encodeURIComponent(CANARY), 'C4N4RY'];

/** Looks at the arguments and environments of all processes until it is told to stop. */
async function watchProcesses(stop: AbortSignal) {
  const found = new Set<string>();
  let samples = 0;
  while (!stop.aborted) {
    for (const pid of (await readdir('/proc')).filter(
      (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
    )) {
      for (const file of ['cmdline', 'environ']) {
        const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
        if (NEEDLES.some((needle) => text.includes(needle))) found.add(`${file}: ${text.slice(0, 200)}`);
      }
    }
    samples += 1;
    await sleep(2);
  }
  return { found: [...found], samples };
}

it.skipIf(process.platform !== 'linux')('the watcher sees an argument and a variable', async () => {
  const stop = new AbortController();
  const watching = watchProcesses(stop.signal);
  await execa('sh', ['-c', 'sleep 0.5', CANARY]);
  await execa('sleep', ['0.5'], { env: { CANARY } });
  stop.abort();
  const { found } = await watching;
  expect(found.map((place) => place.split(':')[0])).toEqual(['cmdline', 'environ']);
});

it.skipIf(process.platform !== 'linux')(
  'a password is in no process list, environment, output or file',
  { timeout: 1_200_000 },
  async () => {
    const server = await startNetworkServer({ hba: ['host all all 127.0.0.1/32 scram-sha-256'] });
    onTestFinished(() => server.dispose());
    await withDatabase(server.admin, {}, async ({ sql }) => {
      await sql.unsafe(`create role keeper superuser login password '${CANARY.replaceAll("'", "''")}'`);
      await sql.unsafe('create database shop owner keeper');
    });
    await withDatabase({ ...server.admin, database: 'shop' }, {}, async ({ sql }) => {
      await sql.unsafe('create table t as select i, md5(i::text) as v from generate_series(1, 20000) i');
    });
    const folder = await mkdtemp(join(tmpdir(), 'bk-db-canary-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const store = await temporaryStore();
    const envFile = join(folder, 'settings.env');
    const url = `postgresql://keeper:${encodeURIComponent(CANARY)}@127.0.0.1:${server.port}/shop`;
    await writeFile(envFile, `DATABASE_URL="${url}"\n`, { mode: 0o600 });

    const stop = new AbortController();
    const watching = watchProcesses(stop.signal);
    const outputs: string[] = [];
    const count = rounds(1, 10);
    for (let round = 0; round < count; round++) {
      for (const command of [
        `backup --globals --verbose --jobs 2`,
        `backup --format custom --json --verbose`,
        `backup --format plain --compress none --log-format json`,
        `backup verify latest --restore --json`,
        `restore latest --into copy${round} --verbose`,
        `backup list --json`,
        `backup show latest --json`,
        `config --json`,
      ]) {
        const { status, stdout, stderr } = await runCli([...command.split(' '), '--env-file', envFile], {
          env: { BK_DB_BACKUP_DIR: store },
        });
        expect(status, stderr).toBe(0);
        outputs.push(stdout, stderr);
      }
    }
    stop.abort();
    const { found, samples } = await watching;
    expect(found).toEqual([]);
    expect(samples).toBeGreaterThan(20);
    for (const entry of await readdir(store, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) outputs.push(await readFile(join(entry.parentPath, entry.name), 'latin1'));
    }
    for (const output of outputs) expect(NEEDLES.filter((needle) => output.includes(needle))).toEqual([]);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('bk-db-pgpass'))).toEqual([]);
    await tally('samples for a password', samples);
  },
);
