import { parseDuration } from '../../core/duration.js';
import type { Row, Words } from './tabs/tab.js';

type Test = (row: Row) => boolean;

/**
 * The test of a filter: every word must fit. A word is a text of the row, `user:`, `db:`, `app:` or `state:` with a text,
 * an age such as `>5s` or `<1m`, and any of these after `!` for its opposite. Pure.
 */
export function parseFilter(filter: string): Test {
  const tests = filter
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(parseWord);
  return (row) => tests.every((test) => test(row));
}

function parseWord(word: string): Test {
  if (word.startsWith('!')) {
    const opposite = word.slice(1);
    if (opposite === '') return () => true;
    const test = parseWord(opposite);
    return (row) => !test(row);
  }
  return parseAge(word) ?? parseField(word) ?? ((row) => textsOf(row).some((text) => contains(text, word)));
}

/** What is still being typed, such as `>` alone, hides nothing. */
function parseAge(word: string): Test | undefined {
  const [, sign, text = ''] = /^([<>])(.*)$/.exec(word) ?? [];
  if (sign === undefined) return undefined;
  const limit = parseDuration(text);
  if (limit === undefined) return () => true;
  return ({ words: { ageMs } }) =>
    ageMs !== null && ageMs !== undefined && (sign === '>' ? ageMs > limit : ageMs < limit);
}

function parseField(word: string): Test | undefined {
  const [, field, text = ''] = /^(user|db|app|state):(.*)$/.exec(word) ?? [];
  if (field === undefined) return undefined;
  return ({ words }) => contains(words[field as keyof Pick<Words, 'user' | 'db' | 'app' | 'state'>], text);
}

function textsOf({ cells, words }: Row): readonly (string | null)[] {
  return [...cells.map(({ text }) => text), ...(words.texts ?? [])];
}

function contains(text: string | null | undefined, part: string): boolean {
  return text?.toLowerCase().includes(part.toLowerCase()) === true;
}
