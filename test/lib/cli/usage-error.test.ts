import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { unknownCommand, unknownCommandName, usageError } from '../../../src/lib/cli/usage-error.js';

let config: Config;

beforeAll(async () => {
  config = await Config.load({ root: fileURLToPath(new URL('../../..', import.meta.url)) });
});

describe('an unknown command', () => {
  test.each([
    ['confg', 'config'],
    ['bakcup', 'backup'],
    ['backup:lsit', 'backup list'],
    ['bakcup:lits', 'backup list'],
    ['migrate:statsu', 'migrate status'],
    ['server:stat', 'server start'],
  ])('%s: did you mean %s', (id, suggestion) => {
    const error = unknownCommand(id, config);
    expect(error).toMatchObject({ code: 'USAGE', details: { suggestion } });
    expect(error.hint).toContain(`\`bk-db ${suggestion}\``);
  });

  test.each([
    ['xyzzy', 'Run `bk-db --help` for the list of commands.'],
    ['backup:xyzzy', 'Run `bk-db backup --help` for the list of commands.'],
    ['config:extra', 'Run `bk-db config --help` for its usage.'],
    [
      '--nosuch',
      'Flags come after the command, such as `bk-db config --json`. Run `bk-db --help` for the list.',
    ],
  ])('%s has no near one', (id, hint) => {
    expect(unknownCommand(id, config)).toMatchObject({ hint, details: { suggestion: null } });
  });

  test.each(['postgres://u:CANARY@h/d', 'config:postgres://u:CANARY@h/d', 'u:CANARY@h'])(
    '%s is not repeated',
    (id) => {
      const error = unknownCommand(id, config);
      expect(
        JSON.stringify([error.message, error.hint, error.details, unknownCommandName(id)]),
      ).not.toContain('CANARY');
    },
  );
});

describe('what the parser refuses', () => {
  const failure = (message: string, more: object = {}) =>
    Object.assign(new Error(message), { oclif: { exit: 2 } }, more);

  test('a flag: the nearest one is suggested', () => {
    const error = usageError(
      failure('Nonexistent flag: --chekc\nSee more help with --help', { flags: ['--chekc'] }),
      'config',
      config,
    );
    expect(error).toMatchObject({
      code: 'USAGE',
      message: 'nonexistent flag: --chekc',
      hint: 'Did you mean `--check`? Run `bk-db config --help` for its usage.',
    });
  });

  test('a flag that resembles none', () => {
    const error = usageError(
      failure('Nonexistent flag: --zzzzzz', { flags: ['--zzzzzz'] }),
      'config',
      config,
    );
    expect(error.hint).toBe('Run `bk-db config --help` for its usage.');
  });

  test('a URL in the wrong place is masked', () => {
    const error = usageError(failure('Unexpected argument: postgres://u:CANARY@h/d'), 'init', config);
    expect(error.message).toBe('unexpected argument: ********');
  });
});
