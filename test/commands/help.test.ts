import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EXIT_STATUSES } from '../../src/lib/core/errors.js';
import { SETTING_NAMES, settingDefinition } from '../../src/lib/core/config/settings.js';
import { runCli } from '../support/cli.js';
import { COMMANDS } from '../support/commands.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { name, version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as Record<string, string>;

describe('--version', () => {
  test('the short cut of bin/run.js says what oclif says', async () => {
    const [short, letter, oclif] = await Promise.all([
      runCli(['--version']),
      runCli(['-V']),
      // A second argument takes the way through oclif.
      runCli(['--version', '--no-color']),
    ]);
    expect(short).toMatchObject({ status: 0, stderr: '' });
    expect([letter.stdout, oclif.stdout]).toEqual([short.stdout, short.stdout]);
    expect(short.stdout).toBe(
      `${name ?? ''}/${version ?? ''} ${process.platform}-${process.arch} node-${process.version}\n`,
    );
  });
});

describe('the list of commands', () => {
  test('--help, -h, help and nothing at all are the same', async () => {
    const results = await Promise.all([['--help'], ['-h'], ['help'], []].map((args) => runCli(args)));
    for (const { status, stdout, stderr } of results) {
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout.trimEnd()).toBe(results[0]?.stdout.trimEnd());
    }
    const topics = new Set(COMMANDS.map(({ words }) => words[0] ?? ''));
    for (const topic of topics) expect(results[0]?.stdout).toMatch(new RegExp(`^  ${topic}\\b`, 'm'));
  });

  test('as JSON it is one document', async () => {
    for (const args of [['--help', '--json'], ['help', '--json'], ['--json']]) {
      const { status, json } = await runCli(args);
      expect([status, json]).toMatchObject([0, { ok: true, command: 'help', data: { topic: '' } }]);
    }
  });
});

test('help X, X --help and X -h are the same, also for a topic', async () => {
  for (const words of [['config'], ['backup', 'list'], ['server']]) {
    const results = await Promise.all([
      runCli(['help', ...words]),
      runCli([...words, '--help']),
      runCli([...words, '-h']),
    ]);
    for (const { status, stdout } of results) {
      expect([status, stdout.trimEnd()]).toEqual([0, results[0].stdout.trimEnd()]);
    }
    const json = await Promise.all([
      runCli(['help', ...words, '--json']),
      runCli([...words, '--help', '--json']),
    ]);
    for (const { json: document } of json) {
      expect(document).toMatchObject({ ok: true, command: 'help', data: { topic: words.join(' ') } });
    }
  }
});

describe('the help of every command', () => {
  // `help --help` is the list of commands.
  const described = COMMANDS.filter(({ words }) => words[0] !== 'help');
  test.each(described.map((command) => [command.words.join(' '), command] as const))(
    '%s',
    async (words, command) => {
      const { status, stdout, stderr } = await runCli([...command.words, '--help']);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain(command.summary ?? 'a summary');
      expect(stdout).toMatch(/EXAMPLES\n/);
      expect(command.examples?.length).toBeGreaterThanOrEqual(2);
      const text = stdout.replaceAll(/\s+/g, ' ');
      expect(text).toMatch(/Exit statuses: 0 done, 1 INTERNAL, 2 USAGE/);
      expect(text).toMatch(/130 INTERRUPTED \(143 for SIGTERM\)/);
      // Every status it names is one that exists.
      const named = /Exit statuses: (.*?) \(143/.exec(text)?.[1]?.split(', ') ?? [];
      for (const entry of named.slice(1)) {
        const [status_, code = ''] = entry.split(' ');
        expect(EXIT_STATUSES[code as keyof typeof EXIT_STATUSES], `${words}: ${entry}`).toBe(Number(status_));
      }
      // An example is a command line of this program.
      for (const example of command.examples ?? []) expect(example).toMatch(/<%= config\.bin %>/);
    },
  );
});

describe('help topics', () => {
  test('exit-codes names every code with its status', async () => {
    const { stdout } = await runCli(['help', 'exit-codes']);
    for (const [code, status] of Object.entries(EXIT_STATUSES)) {
      expect(stdout).toMatch(new RegExp(`^ *${status} +${code} `, 'm'));
    }
  });

  test('environment names every variable', async () => {
    const { stdout } = await runCli(['help', 'environment']);
    for (const setting of SETTING_NAMES) {
      for (const variable of settingDefinition(setting).env) expect(stdout).toContain(variable);
    }
  });

  test('formats', async () => {
    expect(await runCli(['help', 'formats'])).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('schema', () => {
  test.each(COMMANDS.map(({ words }) => [words.join(' '), words] as const))('%s', async (_, words) => {
    const { status, stdout, json } = await runCli(['schema', ...words]);
    expect(status).toBe(0);
    expect(json).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
    expect(stdout).toContain('"CONNECTION_FAILED"');
    const whole = await runCli(['schema', ...words, '--json']);
    expect(whole.json).toMatchObject({ ok: true, command: 'schema', data: { schema: json as object } });
  });
});

test.each(['bash', 'zsh', 'fish'])('completion %s names every command and flag', async (shell) => {
  const { status, stdout } = await runCli(['completion', shell]);
  expect(status).toBe(0);
  for (const { words, flags } of COMMANDS) {
    expect(stdout).toContain(words.at(-1));
    for (const flag of Object.keys(flags)) expect(stdout).toContain(flag);
  }
});

test('the completion script of bash is one that bash reads', () => {
  const script = execFileSync(process.execPath, [`${ROOT}/bin/run.js`, 'completion', 'bash'], {
    encoding: 'utf8',
  });
  const offer = `${script}\nCOMP_WORDS=(bk-db bac); COMP_CWORD=1; _bk_db; echo "\${COMPREPLY[@]}"`;
  expect(execFileSync('bash', ['-c', offer], { encoding: 'utf8' })).toBe('backup\n');
});

test('the committed manifest is what the commands say', () => {
  const check = () =>
    execFileSync(process.execPath, [`${ROOT}/scripts/manifest.mjs`, '--check'], { encoding: 'utf8' });
  expect(check()).toBe('');
});
