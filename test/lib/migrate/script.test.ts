import { describe, expect, it } from 'vitest';
import { checkScript } from '../../../src/lib/migrate/check-script.js';
import {
  checksumOf,
  cosmeticChecksumOf,
  normalizeText,
  parseScript,
} from '../../../src/lib/migrate/script.js';
import type { Layout } from '../../../src/lib/migrate/types.js';

const parse = (text: string, layout: Layout = 'pairs', direction: 'up' | 'down' = 'up') =>
  parseScript({ path: '/m/0001_a.up.sql', file: '0001_a.up.sql', text }, layout, direction);
const texts = (...args: Parameters<typeof parse>) => parse(...args).statements.map(({ text }) => text);

const DBMATE = `-- migrate:up
create function f() returns text as $$ select '
-- migrate:down
' $$ language sql;

-- migrate:down transaction:false
drop function f();
`;

const GOOSE = `-- +goose NO TRANSACTION
-- +goose Up
-- +goose StatementBegin
do $$ begin null; end $$
-- +goose StatementEnd
create table a ()
-- +goose Down
drop table a;
`;

describe('parseScript', () => {
  it('takes the part of one direction; a marker inside a function body is none', () => {
    expect(texts(DBMATE, 'dbmate')).toHaveLength(1);
    expect(texts(DBMATE, 'dbmate', 'down')).toEqual(['drop function f();']);
    expect(texts(GOOSE, 'goose')).toEqual(['do $$ begin null; end $$', 'create table a ()']);
    expect(texts(GOOSE, 'goose', 'down')).toEqual(['drop table a;']);
  });

  it.each<[string, Layout, 'up' | 'down', boolean]>([
    ['create table a ();', 'pairs', 'up', true],
    ['-- a comment\n-- bk-db: no-transaction\nvacuum;', 'pairs', 'up', false],
    ['select 1;\n-- bk-db: no-transaction\n', 'pairs', 'up', true],
    ["select '\n-- bk-db: no-transaction\n';", 'pairs', 'up', true],
    [DBMATE, 'dbmate', 'up', true],
    [DBMATE, 'dbmate', 'down', false],
    [GOOSE, 'goose', 'up', false],
  ])('reads the directive of %j (%s, %s): transactional %s', (text, layout, direction, transactional) => {
    expect(parse(text, layout, direction).transactional).toBe(transactional);
  });
});

describe('checksums', () => {
  it('ignore line ends and a byte order mark', () => {
    expect(checksumOf(normalizeText('\ufeffselect 1;\r\n'))).toBe(checksumOf('select 1;\n'));
  });

  it('have a second form that ignores comments, white space and the case of bare words only', () => {
    const checksum = cosmeticChecksumOf('select \'A\' from "T"');
    expect(cosmeticChecksumOf('-- licence\nSELECT\t\'A\'\n  FROM "T" /* x */')).toBe(checksum);
    expect(cosmeticChecksumOf('select \'a\' from "T"')).not.toBe(checksum);
    expect(cosmeticChecksumOf('select \'A\' from "t"')).not.toBe(checksum);
    expect(cosmeticChecksumOf('select ab')).not.toBe(cosmeticChecksumOf('select a b'));
  });
});

describe('checkScript', () => {
  it('puts its own transaction in the place of one around the whole file', () => {
    const { statements } = checkScript(parse('BEGIN;\ncreate table a ();\nCOMMIT;\n'));
    expect(statements.map(({ text }) => text)).toEqual(['create table a ();']);
  });

  it.each([
    ['select 1; commit; select 2;', 'COMMIT inside', 1, 11],
    ['select 1;\nrollback;', 'ROLLBACK inside', 2, 1],
    ['begin; select 1; commit; begin; select 2; commit;', 'COMMIT inside', 1, 18],
    ["select 1;\n select 'a", 'unterminated quoted string', 2, 9],
    ['\\i other.sql\nselect 1;', '\\i is a command of psql', 1, 1],
    ['create table a (); create index concurrently on a (b);', 'cannot run in a transaction', 1, 20],
  ])('refuses %j before anything runs', (text, message, line, column) => {
    expect(() => checkScript(parse(text))).toThrow(
      expect.objectContaining({
        code: 'MIGRATION_FAILED',
        message: expect.stringContaining(message),
        details: expect.objectContaining({ line, column }),
      }),
    );
  });

  it('accepts savepoints, COMMIT within a body, and the lines pg_dump writes for psql', () => {
    const text =
      '\\restrict k\nsavepoint a; rollback to savepoint a; do $$ begin commit; end $$;\n\\unrestrict k\n';
    expect(checkScript(parse(text)).statements).toHaveLength(3);
  });

  it('runs a lone statement that cannot run in a transaction without one', () => {
    expect(checkScript(parse('create index concurrently on a (b);')).transactional).toBe(false);
  });
});
