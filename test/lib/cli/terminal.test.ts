import { expect, test } from 'vitest';
import { paintFor, printable } from '../../../src/lib/cli/terminal.js';

const terminal = { isTTY: true, write: () => true };
const pipe = { write: () => true };

test.each([
  ['a terminal', terminal, {}, false, true],
  ['a pipe', pipe, {}, false, false],
  ['--no-color', terminal, { FORCE_COLOR: '1' }, true, false],
  ['NO_COLOR', terminal, { NO_COLOR: '1' }, false, false],
  ['an empty NO_COLOR', terminal, { NO_COLOR: '' }, false, true],
  ['TERM=dumb', terminal, { TERM: 'dumb' }, false, false],
  ['FORCE_COLOR in a pipe', pipe, { FORCE_COLOR: '1' }, false, true],
  ['FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }, false, false],
  ['FORCE_COLOR before NO_COLOR', pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
] as const)('colour: %s', (...[, stream, env, noColor, colored]) => {
  expect(paintFor(stream, env, noColor)('red', 'x')).toBe(colored ? '\u001b[31mx\u001b[39m' : 'x');
});

test.each([
  ['an escape sequence', 'a\u001b[31mb', 'a\ufffd[31mb'],
  ['a title change', '\u001b]0;x\u0007', '\ufffd]0;x\ufffd'],
  ['a carriage return', 'ok\rerror', 'ok\ufffderror'],
  ['a backspace', 'a\bb', 'a\ufffdb'],
  ['an eight-bit control', 'a\u009b31mb', 'a\ufffd31mb'],
  ['a right-to-left override', 'a\u202eb', 'a\ufffdb'],
  ['a line separator', 'a\u2028b', 'a\ufffdb'],
  ['new lines and tabs stay', 'a\n\tb', 'a\n\tb'],
  ['letters of all kinds stay', 'pä🐘漢字', 'pä🐘漢字'],
])('printable: %s', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});
