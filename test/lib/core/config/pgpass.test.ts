import { describe, expect, test } from 'vitest';
import { findPassword, formatPassfileLine } from '../../../../src/lib/core/config/pgpass.js';

const KEY = { host: 'db.example.org', port: 5432, database: 'shop', user: 'app' };

describe('findPassword', () => {
  test.each([
    ['exact', 'db.example.org:5432:shop:app:pw', 'pw'],
    ['wildcards', '*:*:*:*:pw', 'pw'],
    ['a wildcard is a whole field', 'db*:5432:shop:app:pw', undefined],
    ['an escaped star is a star', '\\*:5432:shop:app:pw', undefined],
    ['another port', 'db.example.org:5433:shop:app:pw', undefined],
    ['names are compared with case', 'db.example.org:5432:Shop:app:pw', undefined],
    ['colons and backslashes escaped', '*:*:*:*:a\\:b\\\\c', 'a:b\\c'],
    ['colons in the password unescaped', '*:*:*:*:a:b', 'a:b'],
    ['spaces are part of the password', '*:*:*:*: p w ', ' p w '],
    ['a backslash at the end', '*:*:*:*:pw\\', 'pw\\'],
    ['Windows line ends', '*:*:*:*:pw\r\n', 'pw'],
    ['unicode', '*:*:*:*:pässwörd🐘', 'pässwörd🐘'],
    ['an empty password', '*:*:*:*:', ''],
    ['a short line', '*:*:*:pw', undefined],
    ['a comment', '# *:*:*:*:pw', undefined],
    ['an empty file', '', undefined],
  ])('%s', (_, content, password) => {
    expect(findPassword(content, KEY)?.password).toBe(password);
  });

  test('the first match wins, and its line is told', () => {
    const content = '# comment\n\nother:*:*:*:no\n*:*:*:app:first\n*:*:*:*:second\n';
    expect(findPassword(content, KEY)).toEqual({ password: 'first', line: 4 });
  });

  test('a field with an escaped colon', () => {
    const key = { ...KEY, user: 'a:b\\c' };
    expect(findPassword('*:*:*:a\\:b\\\\c:pw', key)?.password).toBe('pw');
  });

  test.each(['/var/run/postgresql', '/run/postgresql', '/tmp'])(
    'localhost stands for the socket in %s',
    (host) => {
      expect(findPassword('localhost:*:*:*:pw', { ...KEY, host })?.password).toBe('pw');
      expect(findPassword(`${host}:*:*:*:pw`, { ...KEY, host })?.password).toBe('pw');
    },
  );

  test('another socket directory stands for itself', () => {
    expect(findPassword('localhost:*:*:*:pw', { ...KEY, host: '/srv/pg' })).toBeUndefined();
    expect(findPassword('/srv/pg:*:*:*:pw', { ...KEY, host: '/srv/pg' })?.password).toBe('pw');
  });
});

test('formatPassfileLine is read back, whatever the password', () => {
  const password = ':\\"\'*# \t@/%pä🐘\\';
  const user = 'a:b\\';
  expect(findPassword(formatPassfileLine(user, password), { ...KEY, user })?.password).toBe(password);
});
