import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { routeJsonHelp, wantsJson } from '../../../src/lib/cli/json-help.js';

// The sources have the same folders as what is built from them, with another ending.
const COMMANDS = fileURLToPath(new URL('../../../dist/commands', import.meta.url));

test.each([
  [
    ['config', '--help', '--json'],
    ['help', 'config', '--json'],
  ],
  [
    ['config', '--json', '-h'],
    ['help', 'config', '--json'],
  ],
  [
    ['backup', 'list', '--json', '--help'],
    ['help', 'backup', 'list', '--json'],
  ],
  [
    ['server', '--json'],
    ['help', 'server', '--json'],
  ],
  [['--json'], ['help', '--json']],
  [
    ['config', '--json'],
    ['config', '--json'],
  ],
  [
    ['backup', '--json'],
    ['backup', '--json'],
  ],
  [
    ['config', '--help'],
    ['config', '--help'],
  ],
  [['server'], ['server']],
  [
    ['nosuch', '--json'],
    ['nosuch', '--json'],
  ],
  [
    ['../lib', '--json'],
    ['../lib', '--json'],
  ],
  [
    ['config', '--', '--json', '--help'],
    ['config', '--', '--json', '--help'],
  ],
])('%j runs as %j', (argv, routed) => {
  expect(routeJsonHelp(argv, COMMANDS)).toEqual(routed);
});

test('what stands after -- is no flag', () => {
  expect([wantsJson(['a', '--json']), wantsJson(['a', '--', '--json'])]).toEqual([true, false]);
});
