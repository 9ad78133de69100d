import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret, SECRET_MASK } from '../../../src/lib/core/secret.js';

const secret = new Secret('CANARY');
/** As JavaScript sees it, without the types that would forbid half of these. */
const untyped = secret as unknown as string;

test.each<[string, () => string]>([
  ['String', () => String(secret)],
  ['a template', () => `<${untyped}>`],
  ['concatenation', () => '<' + untyped],
  ['JSON', () => JSON.stringify({ secret, list: [secret] })],
  ['inspect', () => inspect({ secret }, { depth: 10, showHidden: true })],
  ['inspect without custom printers', () => inspect(secret, { customInspect: false, showHidden: true })],
  ['format %s %o %O %j', () => format('%s %o %O %j', secret, secret, secret, secret)],
  ['an error', () => inspect(new Error('x', { cause: { secret } }))],
  ['its keys', () => inspect(Object.entries(secret)) + inspect(Object.getOwnPropertyDescriptors(secret))],
  ['a spread', () => inspect(Object.assign({}, secret))],
])('%s does not show it', (_, print) => {
  expect(print()).not.toContain('CANARY');
});

test('only reveal gives it', () => {
  expect(secret.reveal()).toBe('CANARY');
  expect(String(secret)).toBe(SECRET_MASK);
});
