import { execa } from 'execa';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeSchedule, SCHEDULERS } from '../../../src/lib/schedule/index.js';
import { missingPrograms } from '../../support/age.js';

const HARD_WORDS = [
  '--label',
  `it's "q" $HOME %d 50% back\\slash`,
  '--dir',
  '/srv/my backups',
  '--table',
  'a.*',
];

const analyzer = await missingPrograms('systemd-analyze');

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bk-db-schedule-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A program that writes down its arguments, one a line. */
async function recorder(folder: string) {
  const program = join(folder, 'record');
  await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$@" > "${join(folder, 'arguments')}"\n`);
  await chmod(program, 0o755);
  return {
    program,
    read: async () => (await readFile(join(folder, 'arguments'), 'utf8')).trimEnd().split('\n'),
  };
}

const options = (program: string) => ({
  at: '03:15',
  program: [program],
  user: 'root',
  envFile: '/etc/bk-db/bk-db.env',
  backupArgs: HARD_WORDS,
  checkArgs: ['--max-age', '26h'],
});

describe('makeSchedule', () => {
  it.skipIf(analyzer.length > 0)('gives units that systemd accepts', async () => {
    const folder = await temporaryFolder();
    const { program } = await recorder(folder);
    const { files } = makeSchedule('systemd', options(program));
    const paths = files.map(({ path }) => join(folder, basename(path)));
    for (const [index, path] of paths.entries()) await writeFile(path, files[index]?.content ?? '');
    const { exitCode, stderr } = await execa('systemd-analyze', ['verify', ...paths], { reject: false });
    expect({ exitCode, about: stderr.split('\n').filter((line) => line.includes('bk-db')) }).toEqual({
      exitCode: 0,
      about: [],
    });
    const { stdout } = await execa('systemd-analyze', ['calendar', '*-*-* 03:15:00']);
    expect(stdout).toContain('Normalized form: *-*-* 03:15:00');
  });

  it('gives a crontab whose lines hand over every word as it was given', async () => {
    const folder = await temporaryFolder();
    const { program, read } = await recorder(folder);
    const [file] = makeSchedule('cron', options(program)).files;
    const line = file?.content.split('\n').find((text) => text.includes(' backup --label')) ?? '';
    const [, schedule, user, command = ''] = /^((?:\S+ ){5})(\S+) (.*)$/.exec(line) ?? [];
    expect({ schedule, user }).toEqual({ schedule: '15 3 * * * ', user: 'root' });
    // As cron does it: \% becomes %, a bare % would end the command.
    expect(command.replaceAll('\\%', '')).not.toContain('%');
    await execa('/bin/sh', ['-c', command.replaceAll('\\%', '%')]);
    expect(await read()).toEqual(['backup', ...HARD_WORDS, '--env-file', '/etc/bk-db/bk-db.env', '--quiet']);
  });

  it('escapes for systemd what it would expand', () => {
    const [service] = makeSchedule('systemd', options('/usr/bin/bk-db')).files;
    expect(service?.content).toContain(
      String.raw`--label "it's \"q\" $$HOME %%d 50%% back\\slash" --dir "/srv/my backups" --table "a.*"`,
    );
  });

  it('makes something for every scheduler, without line ends in words', () => {
    for (const scheduler of SCHEDULERS)
      expect(makeSchedule(scheduler, options('/usr/bin/bk-db')).files.length).toBeGreaterThan(0);
  });
});
