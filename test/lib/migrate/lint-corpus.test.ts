import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintScript } from '../../../src/lib/migrate/lint/index.js';
import { loadParser } from '../../../src/lib/migrate/lint/parser.js';
import { parseScript } from '../../../src/lib/migrate/script.js';

const CORPUS = join(import.meta.dirname, 'lint-corpus');

/** What two other linters find: file -> rules. Written by scripts/lint-oracles.mjs. */
const oracles: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = JSON.parse(
  readFileSync(join(CORPUS, 'oracles.json'), 'utf8'),
);

/** Matters of taste, and of timeouts, which bk-db sets itself. */
const TASTE =
  /^(prefer|ban-?char|multipleAlterTable$|require-?(lock|statement|timeout|idle)|lockTimeout|avoidAlterEnum)/i;

const parser = await loadParser();

function rulesOf(file: string): string[] {
  const path = join(CORPUS, file);
  const script = parseScript({ path, file, text: readFileSync(path, 'utf8') }, 'plain', 'up');
  return lintScript(script, parser).map(({ rule }) => rule);
}
const filesOf = (kind: string) => readdirSync(join(CORPUS, kind)).map((file) => `${kind}/${file}`);
const [dangerous, safe] = [filesOf('dangerous'), filesOf('safe')];

describe('the corpus of dangerous and safe migrations', () => {
  it('is large enough to say something', () => {
    expect(dangerous.length).toBeGreaterThanOrEqual(40);
    expect(safe.length).toBeGreaterThanOrEqual(12);
  });

  it.each(dangerous)('%s is found, and by its own danger', (file) => {
    const rules = rulesOf(file);
    expect(rules).not.toEqual([]);
    expect(rules).not.toContain('syntax-error');
  });

  it.each(safe)('%s is passed', (file) => {
    expect(rulesOf(file)).toEqual([]);
  });

  it.each(Object.entries(oracles))('whatever %s finds is found', (_, findings) => {
    const found = dangerous.filter((file) => findings[file]?.some((rule) => !TASTE.test(rule)) === true);
    expect(found.length).toBeGreaterThan(20);
    expect(found.filter((file) => rulesOf(file).length === 0)).toEqual([]);
  });
});
