import { Flags } from '@oclif/core';
import { BkDbError } from '../core/errors.js';
import type { Dialect } from '../csv/types.js';

const character = (summary: string) => Flags.string({ helpGroup: 'FORM', helpValue: 'C', summary });

/** The form of a CSV file, for import and export alike. */
export const dialectFlags = {
  delimiter: character('one character, or tab (default: found out, or a comma)'),
  quote: character('default "'),
  escape: character('what makes a quote inside quotes a character (default: the quote itself)'),
  header: Flags.boolean({
    helpGroup: 'FORM',
    allowNo: true,
    summary: 'the first line names the columns (default)',
  }),
} as const;

/** How the bytes of a file become text. */
export const encodingFlag = Flags.string({
  helpGroup: 'FORM',
  helpValue: 'NAME',
  summary: 'such as windows-1252 (default: by the byte order mark, else utf-8)',
});

/** What stands for null. */
export const nullFlag = Flags.string({
  helpGroup: 'FORM',
  helpValue: 'TEXT',
  default: '',
  summary: 'what stands for null where it is not quoted (default: nothing)',
});

interface DialectValues {
  readonly encoding?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  readonly escape?: string | undefined;
  readonly header?: boolean | undefined;
}

/** What the flags say of the form. @throws BkDbError USAGE for what is not one ASCII character. */
export function dialectOf({ delimiter, quote, escape, header, encoding }: DialectValues): Partial<Dialect> {
  const marks = { delimiter: namedCharacter(delimiter), quote, escape };
  for (const [name, mark] of Object.entries(marks)) {
    if (mark !== undefined && !/^[\t\x20-\x7e]$/.test(mark))
      throw new BkDbError('USAGE', `--${name} must be one ASCII character, not "${mark}"`);
  }
  if (marks.delimiter !== undefined && marks.delimiter === (quote ?? '"'))
    throw new BkDbError('USAGE', 'delimiter and quote must differ');
  return Object.fromEntries(
    Object.entries({ ...marks, header, encoding }).filter(([, value]) => value !== undefined),
  );
}

function namedCharacter(text: string | undefined): string | undefined {
  return text === 'tab' || text === String.raw`\t` ? '\t' : text;
}

/** `a,b` as a list; nothing is an empty one. */
export function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',').map((item) => item.trim());
}

/** `a=b` pairs as a map. @throws BkDbError USAGE for one without an equals sign. */
export function pairsOf(flag: string, pairs: readonly string[] | undefined): Map<string, string> {
  return new Map(
    (pairs ?? []).map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new BkDbError('USAGE', `--${flag} wants a pair with an equals sign, not "${pair}"`);
    }),
  );
}
