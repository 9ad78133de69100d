import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';

it('migrate verify --scratch-server runs and compares what belongs to the server, and needs no other one', async () => {
  const dir = join(await temporaryStore(), 'migrations');
  await mkdir(dir);
  const files = {
    '1_left.up.sql': 'create role reader; create table t (v int); grant select on t to reader;',
    '1_left.down.sql': 'drop table t;',
    '2_good.up.sql': 'create role writer; alter role writer set work_mem = 4096;',
    '2_good.down.sql': 'drop role writer;',
    '3_setting.up.sql': 'alter system set log_min_duration_statement = 123;',
    '3_setting.down.sql': 'select 1;',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  const { status, json } = await runCli([
    'migrate',
    'verify',
    '--scratch-server',
    '--migrations-dir',
    dir,
    '--json',
  ]);
  expect(status).toBe(4);
  expect(json.data).toMatchObject({
    findings: 2,
    migrations: [
      { verdict: 'differs', differences: [{ change: 'extra', kind: 'role', name: 'reader' }] },
      { verdict: 'reversible' },
      { verdict: 'differs', differences: [{ kind: 'setting', name: 'log_min_duration_statement' }] },
    ],
  });
});
