import type { Interfaces } from '@oclif/core';
import { closest, distance } from 'fastest-levenshtein';
import { BkDbError } from '../core/errors.js';
import { SECRET_MASK } from '../core/secret.js';

/** What oclif's parser throws: told by its shape, because each kind is a class of its own. */
interface ParseFailure extends Error {
  readonly oclif?: { readonly exit?: number };
  readonly flags?: readonly string[];
  readonly args?: readonly unknown[];
}

/** Furthest edit distance, as a share of the word's length, that still counts as a slip of the finger. */
const SLIP = 0.5;

/** True for an error of oclif's parser or command finder. */
export function isUsageFailure(error: unknown): error is ParseFailure {
  return error instanceof Error && 'oclif' in error && !('code' in error && error.code === 'INTERNAL');
}

/** An error of oclif's parser in bk-db's form, with the nearest flag or subcommand as a hint. */
export function usageError(error: ParseFailure, commandId: string, config: Interfaces.Config): BkDbError {
  const message = (error.message.split('\nSee more help')[0] ?? error.message)
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .trim();
  const help = `Run \`bk-db ${commandId.replaceAll(':', ' ')} --help\` for its usage.`;
  const suggestion = suggestFlag(error, commandId, config) ?? suggestSubcommand(error, commandId, config);
  const hint = suggestion === undefined ? help : `Did you mean \`${suggestion}\`? ${help}`;
  return new BkDbError('USAGE', withoutUrls(lowerFirst(message.replaceAll(/\n\s*/g, ' '))), { hint });
}

/** The error for a command that does not exist, with the nearest one as a hint. */
export function unknownCommand(id: string, config: Interfaces.Config): BkDbError {
  const words = id.split(':');
  if (looksLikeUrl(id)) {
    return new BkDbError('USAGE', 'a connection URL is no command', {
      hint: 'Run `bk-db COMMAND --url URL`, or set DATABASE_URL.',
      details: { suggestion: null },
    });
  }
  if (id.startsWith('-')) {
    return new BkDbError('USAGE', `no command is given; "${id}" is none`, {
      hint: 'Flags come after the command, such as `bk-db config --json`. Run `bk-db --help` for the list.',
      details: { suggestion: null },
    });
  }
  const near = nearestCommand(words, config);
  const start = knownStart(words, config);
  const command = config.findCommand(start.join(':'));
  const isTopic = config.commandIDs.some((known) => known.startsWith(`${start.join(':')}:`));
  if (near === undefined && command !== undefined && !isTopic) {
    const rest = words.slice(start.length).join(' ');
    return new BkDbError('USAGE', `\`bk-db ${start.join(' ')}\` takes no argument "${rest}"`, {
      hint: `Run \`bk-db ${start.join(' ')} --help\` for its usage.`,
      details: { suggestion: null },
    });
  }
  const hint =
    near === undefined
      ? `Run \`bk-db ${[...start, '--help'].join(' ')}\` for the list of commands.`
      : `Did you mean \`bk-db ${near}\`? Run \`bk-db --help\` for the list.`;
  return new BkDbError('USAGE', `there is no command "${words.join(' ')}"`, {
    hint,
    details: { suggestion: near ?? null },
  });
}

/** Word by word, each the nearest of those that can follow; undefined as soon as one is too far from all. */
function nearestCommand(words: readonly string[], config: Interfaces.Config): string | undefined {
  const names = config.commandIDs.map((known) => known.split(':'));
  const found: string[] = [];
  for (const word of words) {
    const next = names
      .filter((name) => found.every((part, i) => name[i] === part))
      .map((name) => name[found.length]);
    const near = nearest(
      word,
      [...new Set(next)].filter((part) => part !== undefined),
    );
    if (near === undefined) break;
    found.push(near);
  }
  return found.length === words.length ? found.join(' ') : undefined;
}

/** The words that lead somewhere: the beginning of a command that exists. */
function knownStart(words: readonly string[], config: Interfaces.Config): readonly string[] {
  const at = words.findIndex((_, i) => {
    const start = words.slice(0, i + 1).join(':');
    return !config.commandIDs.some((id) => id === start || id.startsWith(`${start}:`));
  });
  return words.slice(0, at);
}

/** A command that does not exist as the envelope names it. */
export function unknownCommandName(id: string): string {
  return looksLikeUrl(id) || id.startsWith('-') ? '' : id.replaceAll(':', ' ');
}

/** A URL may hold a password: what was typed in the wrong place is not repeated. */
function looksLikeUrl(text: string): boolean {
  return /:?\/\/|@/.test(text);
}

function withoutUrls(text: string): string {
  return text.replace(/\S*(?:\/\/|@)\S*/g, SECRET_MASK);
}

function suggestFlag(error: ParseFailure, commandId: string, config: Interfaces.Config): string | undefined {
  const wrong = error.flags?.[0];
  if (wrong === undefined) return undefined;
  const known = Object.keys(config.findCommand(commandId)?.flags ?? {}).map((flag) => `--${flag}`);
  return nearest(wrong, known);
}

function suggestSubcommand(
  error: ParseFailure,
  commandId: string,
  config: Interfaces.Config,
): string | undefined {
  const wrong = error.args?.[0];
  if (typeof wrong !== 'string') return undefined;
  const prefix = `${commandId}:`;
  const verbs = config.commandIDs.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
  const near = nearest(wrong, verbs);
  return near === undefined ? undefined : `bk-db ${commandId} ${near}`;
}

function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const found = closest(word, candidates);
  return distanceShare(word, found) <= SLIP ? found : undefined;
}

function distanceShare(a: string, b: string): number {
  return distance(a, b) / Math.max(a.length, b.length, 1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
