import { existsSync } from 'node:fs';
import { join } from 'node:path';

const HELP_FLAGS = ['--help', '-h'];

/** True when the command line asks for JSON; what stands after `--` are arguments. */
export function wantsJson(argv: readonly string[]): boolean {
  return flagsOf(argv).includes('--json');
}

/**
 * The command line to run. With --json, help is asked of the help command, because oclif's own prints text where
 * one JSON document is promised: for --help, for a topic without a verb and for no command at all.
 */
export function routeJsonHelp(argv: readonly string[], commandsDirectory: string): string[] {
  if (!wantsJson(argv)) return [...argv];
  const firstFlag = argv.findIndex((word) => word.startsWith('-'));
  const words = argv.slice(0, firstFlag);
  const asked = flagsOf(argv).some((word) => HELP_FLAGS.includes(word));
  const bare = words.length === 0 && argv.length === 1;
  return asked || bare || isTopicOnly(words, commandsDirectory) ? ['help', ...words, '--json'] : [...argv];
}

/** A topic is a folder of commands; with an index in it, it is a command as well. */
function isTopicOnly(words: readonly string[], commandsDirectory: string): boolean {
  if (words.length === 0 || words.some((word) => !/^[a-z-]+$/.test(word))) return false;
  const folder = join(commandsDirectory, ...words);
  return existsSync(folder) && !existsSync(join(folder, 'index.js')) && !existsSync(`${folder}.js`);
}

function flagsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}
