import { describe, expect, test } from 'vitest';
import { parsePostmasterPid, withoutOwner } from '../../../src/lib/server/postmaster-pid.js';

const FILE = '4711\n/srv/data\n1795388587\n5432\n/srv/run\n\n  1048576    131072\nready   \n';

describe('parsePostmasterPid', () => {
  test('reads the process, its data, its start and whether it is ready', () => {
    expect(parsePostmasterPid(FILE)).toEqual({
      pid: 4711,
      dataDirectory: '/srv/data',
      startedAt: new Date('2026-11-22T23:03:07Z'),
      ready: true,
    });
  });

  test.each([
    ['starting', FILE.replace('ready   ', 'starting')],
    ['stopping', FILE.replace('ready   ', 'stopping')],
    ['written only in part', FILE.split('\n').slice(0, 6).join('\n')],
  ])('is not ready while it is %s', (_, content) => {
    expect(parsePostmasterPid(content)).toMatchObject({ pid: 4711, ready: false });
  });

  test.each(['', 'x\n/srv/data\n', '-4711\n/srv/data\n1\n', '0\n/srv/data\n1\n', '4711'])(
    'knows no process in %j',
    (content) => {
      expect(parsePostmasterPid(content)).toBeUndefined();
    },
  );
});

test('withoutOwner replaces the number alone, by one that no process has', () => {
  const defused = withoutOwner(FILE);
  expect(defused.split('\n').slice(1)).toEqual(FILE.split('\n').slice(1));
  expect(() => process.kill(Number(defused.split('\n')[0]), 0)).toThrow('ESRCH');
  expect(parsePostmasterPid(defused)).toBeUndefined();
  expect(withoutOwner(defused)).toBe(defused);
});
