import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { backupSchema } from '../../../src/lib/backup/index.js';
import { ageKey, missingPrograms } from '../../support/age.js';
import { filledDatabase, temporaryName, temporaryStore } from '../../support/backup-store.js';
import { runCli } from '../../support/cli.js';

const missing = await missingPrograms('age', 'age-keygen');

describe.skipIf(missing.length > 0)('an encrypted backup on the command line', () => {
  it('is taken with the public key, checked without the private one, and restored with it', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select generate_series(1, 1000) as v');
    const [mine, other] = [await ageKey(), await ageKey()];
    const run = (...args: string[]) => runCli([...args, '--dir', store], { env });

    const taken = await run('backup', '--encrypt-to', mine.recipient, '--globals', '--json');
    const backup = backupSchema.parse(taken.json.data);
    expect(backup).toMatchObject({ format: 'custom', globals: 'globals.sql.age', fingerprint: true });
    expect((await run('backup', 'show')).stdout).toContain(`encrypted   to ${mine.recipient}`);
    expect((await run('backup', 'verify')).stdout).toContain('checksums of the cipher text alone');
    expect((await run('backup', 'verify', '--identity', mine.file)).stdout).toContain('1 table, 1,000 rows');
    expect(await run('backup', 'verify', '--identity', other.file)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is not one of those that the backup is encrypted to') as string,
    });
    const into = temporaryName();
    expect(await run('restore', '--into', into)).toMatchObject({ status: 2 });
    expect(await run('restore', '--into', into, '--identity', mine.file)).toMatchObject({ status: 0 });
  });
});

describe('what cannot be had', () => {
  it.each([
    [2, '--compress must be auto', ['--compress', 'xz']],
    [2, '--no-fingerprint does not go with', ['--format', 'plain', '--no-fingerprint']],
    [2, 'expected --format=tar to be one of', ['--format', 'tar']],
  ])('ends with %i and writes nothing: %s', async (status, message, args) => {
    const store = await temporaryStore();
    const { env } = await filledDatabase('select 1');
    const result = await runCli(['backup', '--dir', store, ...args], { env });
    expect(result).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(message) as string });
    expect(await readdir(store)).toEqual([]);
  });

  it('a backup without fingerprints says that nothing was read back', async () => {
    const store = await temporaryStore();
    const { env } = await filledDatabase('create table t as select 1 as v');
    const { stdout } = await runCli(['backup', '--dir', store, '--no-fingerprint'], { env });
    expect(stdout).toContain('no table was read back (--no-fingerprint)');
  });
});
