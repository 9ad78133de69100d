import { describe, expect, it } from 'vitest';
import { splitScript } from '../../../src/lib/migrate/statements.js';

const texts = (script: string) => splitScript(script).statements.map(({ text }) => text);

describe('splitScript', () => {
  it.each([
    ['quoted strings', "select 'a;b', 'it''s;'; select 2;", 2],
    ['escape strings', "select E'a\\';b'; select 2;", 2],
    ['a backslash that escapes nothing in a plain string', "select 'a\\'; select 2;", 2],
    ['escape strings that go on in the next line', "select E'a'\n'b\\'; c'; select 2;", 2],
    ['such strings behind a comment', "select E'a' -- it's\n 'b\\'; c'; select 2;", 2],
    ['strings beside each other', "select 'a' 'b\\'; select 2;", 2],
    ['comments that end with a carriage return', 'select 1; -- a;\rselect 2;', 2],
    ['Unicode strings and names', `select U&'d\\0061;' , U&"x;"; select 2;`, 2],
    ['quoted names', 'select 1 as "a;""b;"; select 2;', 2],
    ['dollar quotes', 'do $$ begin; end $$; do $a$ ; $$ ; $a$; select $1;', 3],
    ['a dollar sign within a name', 'select a$b$ from t; select 2;', 2],
    ['nested comments', 'select 1 /* a /* ; */ ; */; -- x;\nselect 2', 2],
    [
      'a rule with several actions',
      'create rule r as on insert to t do also (delete from a; delete from b); select 2;',
      2,
    ],
    [
      'BEGIN ATOMIC with CASE, and END as a name',
      'create function f() returns int begin atomic select case when true then 1 end; select t.end from t; select 1 as end; end; select 2;',
      2,
    ],
    ['a plain BEGIN', 'begin; select 1; commit;', 3],
    ['empty statements', ';; select 1;;\n;', 1],
    ['nothing but comments', '-- nothing\n/* here */', 0],
  ])('sees through %s', (_, script, count) => {
    expect(texts(script)).toHaveLength(count);
  });

  it('keeps the text between its first token and its semicolon', () => {
    expect(texts('-- a\n  select 1 ;  -- b\nselect\n2')).toEqual(['select 1 ;', 'select\n2']);
  });

  it('takes the data of COPY FROM STDIN out of the script', () => {
    const { statements } = splitScript("copy t (a, b) from stdin with (format csv);\n1,'x;\n\\.\nselect 2;");
    expect(statements.map(({ copyData }) => copyData)).toEqual(["1,'x;\n", undefined]);
    expect(statements[1]?.text).toBe('select 2;');
  });

  it('tells comments between statements from those within', () => {
    const { remarks } = splitScript('-- top\nselect 1 -- in\n; -- after');
    expect(remarks.map(({ text, betweenStatements }) => [text, betweenStatements])).toEqual([
      ['-- top', true],
      ['-- in', false],
      ['-- after', true],
    ]);
  });

  it('finds psql lines between statements', () => {
    const { remarks, statements } = splitScript('\\restrict aB3\nselect 1;\n\\unrestrict aB3\n');
    expect(remarks.map(({ kind }) => kind)).toEqual(['meta', 'meta']);
    expect(statements).toHaveLength(1);
  });

  it.each([
    ["select 'a", 'quoted string'],
    ['select "a', 'quoted name'],
    ['do $x$ begin', 'dollar-quoted string $x$'],
    ['/* a /* b */', 'comment'],
  ])('says what is open at the end of %s', (script, what) => {
    expect(splitScript(script).unterminated?.what).toBe(what);
  });
});
