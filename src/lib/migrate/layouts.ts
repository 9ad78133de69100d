import { canonicalVersion, compareVersions } from './version.js';
import type { Layout } from './types.js';

/** What a file name says. */
export interface NamedFile {
  readonly file: string;
  readonly version: string;
  readonly name: string;
  readonly role: 'up' | 'down' | 'both' | 'repeatable';
}

const PAIR = /^(?<version>\d+)_(?<name>.*?)\.(?<role>up|down)\.sql$/;
const SINGLE = /^(?<version>\d+)(?:[_-](?<name>.+))?\.sql$/;
const FLYWAY = /^(?<role>[VU])(?<version>\d+(?:[._]\d+)*)__(?<name>.+)\.sql$/;
const REPEATABLE = /^R__(?<name>.+)\.sql$/;

const FLYWAY_ROLES = { V: 'up', U: 'down' } as const;

/** Reads a file name; undefined when it is no migration's name. */
export function parseFileName(
  file: string,
): (NamedFile & { readonly style: 'pair' | 'single' | 'flyway' | 'any' }) | undefined {
  const repeatable = REPEATABLE.exec(file)?.groups;
  if (repeatable !== undefined) {
    const name = repeatable['name'] ?? '';
    return { file, version: `R__${name}`, name, role: 'repeatable', style: 'any' };
  }
  const pair = PAIR.exec(file)?.groups;
  if (pair !== undefined) {
    const role = pair['role'] === 'down' ? 'down' : 'up';
    return { file, version: pair['version'] ?? '', name: pair['name'] ?? '', role, style: 'pair' };
  }
  const flyway = FLYWAY.exec(file)?.groups;
  if (flyway !== undefined) {
    const role = FLYWAY_ROLES[flyway['role'] === 'U' ? 'U' : 'V'];
    const version = (flyway['version'] ?? '').replaceAll('_', '.');
    return { file, version, name: flyway['name'] ?? '', role, style: 'flyway' };
  }
  const single = SINGLE.exec(file)?.groups;
  if (single === undefined) return undefined;
  return {
    file,
    version: single['version'] ?? '',
    name: single['name'] ?? '',
    role: 'both',
    style: 'single',
  };
}

const MARKERS = [
  ['dbmate', /^--\s*migrate:(up|down)\b/m],
  ['goose', /^--\s*\+goose\s+(up|down)\b/im],
] as const;

/** Whose markers a file with both directions has: the first one counts; `plain` when it has none. */
export function layoutOfText(text: string): Extract<Layout, 'dbmate' | 'goose' | 'plain'> {
  const found = MARKERS.flatMap(([layout, pattern]) => {
    const at = text.search(pattern);
    return at === -1 ? [] : [{ layout, at }];
  });
  return found.sort((a, b) => a.at - b.at)[0]?.layout ?? 'plain';
}

/**
 * Files of the pairs layout whose number is shared by several migrations, as some projects number on purpose: the name
 * becomes part of their version, and decides the order.
 */
export function withSharedNumbers<F extends NamedFile & { readonly style: string }>(
  files: readonly F[],
): readonly F[] {
  const names = new Map<string, Set<string>>();
  for (const { version, name, style, role } of files) {
    if (style !== 'pair' || role !== 'up') continue;
    const key = canonicalVersion(version);
    names.set(key, (names.get(key) ?? new Set()).add(name));
  }
  return files.map((file) =>
    file.style === 'pair' && (names.get(canonicalVersion(file.version))?.size ?? 0) > 1
      ? { ...file, version: `${file.version}_${file.name}` }
      : file,
  );
}

/** Two names that claim the same version and direction, the first such pair. */
export function findDuplicate(files: readonly NamedFile[]): readonly [NamedFile, NamedFile] | undefined {
  const sorted = [...files]
    .filter(({ role }) => role !== 'repeatable')
    .sort((a, b) => compareVersions(a.version, b.version) || a.role.localeCompare(b.role));
  for (let at = 1; at < sorted.length; at++) {
    const [before, here] = sorted.slice(at - 1, at + 1);
    if (before === undefined || here === undefined) break;
    if (before.role === here.role && compareVersions(before.version, here.version) === 0)
      return [before, here];
  }
  return undefined;
}

/** Counting numbers up to here look like a series without holes; longer ones are times. */
const LONGEST_COUNTER = 6;

/** The first hole in a series of counted versions, as `0003`; undefined for timestamps and Flyway's dotted versions. */
export function findGap(versions: readonly string[]): string | undefined {
  const counters = versions.map((version) => version.replace(/_.*$/s, ''));
  if (!counters.every((version) => /^\d+$/.test(version) && version.length <= LONGEST_COUNTER))
    return undefined;
  const numbers = counters.map(Number);
  const hole = numbers.findIndex((number, at) => at > 0 && number > (numbers[at - 1] ?? 0) + 1);
  if (hole === -1) return undefined;
  const width = counters[0]?.startsWith('0') === true ? counters[0].length : 0;
  return String((numbers[hole - 1] ?? 0) + 1).padStart(width, '0');
}
