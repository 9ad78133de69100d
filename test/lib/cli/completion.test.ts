import { execFileSync } from 'node:child_process';
import { expect, describe, test } from 'vitest';
import { completionScript, type CompletedCommand } from '../../../src/lib/cli/completion/shells.js';

const COMMANDS: readonly CompletedCommand[] = [
  {
    name: 'backup',
    summary: "take one; it's $(safe) `here`",
    flags: [
      { name: 'format', summary: 'form', takesValue: true, values: ['custom', 'directory'] },
      { name: 'dir', summary: 'where', takesValue: true, values: [] },
      { name: 'json', summary: 'one document', takesValue: false, values: [] },
    ],
  },
  {
    name: 'backup list',
    summary: 'list them',
    flags: [{ name: 'json', summary: 'x', takesValue: false, values: [] }],
  },
  { name: 'backup show', summary: 'show one', flags: [] },
  {
    name: 'config',
    summary: 'settings',
    flags: [{ name: 'check', summary: 'x', takesValue: false, values: [] }],
  },
];

/** What bash would offer for a line that ends where the cursor is. */
function bashOffers(line: string): string[] {
  const words = line.split(' ');
  const list = words.map((word) => `'${word}'`).join(' ');
  const script = `${completionScript('bash', COMMANDS)}
COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _bk_db; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8', cwd: '/' })
    .split('\n')
    .filter((word) => word !== '')
    .sort();
}

describe('bash', () => {
  test.each([
    ['bk-db ', ['backup', 'config']],
    ['bk-db b', ['backup']],
    ['bk-db x', []],
    ['bk-db backup ', ['list', 'show']],
    ['bk-db backup l', ['list']],
    ['bk-db backup --', ['--dir', '--format', '--json']],
    ['bk-db backup --f', ['--format']],
    ['bk-db backup --format ', ['custom', 'directory']],
    ['bk-db backup --format d', ['directory']],
    ['bk-db backup --format custom --j', ['--json']],
    ['bk-db backup --dir /et', ['/etc']],
    ['bk-db backup --dir list --', ['--dir', '--format', '--json']],
    ['bk-db backup list --', ['--json']],
    ['bk-db --json backup ', ['list', 'show']],
    ['bk-db config --', ['--check']],
    ['bk-db config ', []],
  ])('%j offers %j', (line, offers) => {
    expect(bashOffers(line)).toEqual(offers);
  });

  test('hostile summaries run nothing: the script is valid and silent', () => {
    const out = execFileSync('bash', ['-c', completionScript('bash', COMMANDS)], { encoding: 'utf8' });
    expect(out).toBe('');
  });
});

test('bash and zsh share their script, zsh asks for bashcompinit', () => {
  expect(completionScript('zsh', COMMANDS)).toMatch(/^#compdef bk-db\n.*bashcompinit/);
  expect(completionScript('zsh', COMMANDS)).toContain(completionScript('bash', COMMANDS));
});

test('fish: one line per command and flag, quotes escaped', () => {
  const script = completionScript('fish', COMMANDS);
  expect(script).toContain(
    `complete -c bk-db -f -n '__fish_use_subcommand' -a 'backup' -d 'take one; it'\\''s $(safe) \`here\`'`,
  );
  expect(script).toContain(`-l format -x -a 'custom directory'`);
  expect(script.trim().split('\n')).toHaveLength(COMMANDS.length + 5);
});
