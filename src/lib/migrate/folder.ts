import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BkDbError } from '../core/errors.js';
import {
  findDuplicate,
  findGap,
  layoutOfText,
  parseFileName,
  withSharedNumbers,
  type NamedFile,
} from './layouts.js';
import { migrationLabel, type Direction, type Migration, type Source } from './migration.js';
import { checksumOf, normalizeText, parseScript, sectionOf, type Script } from './script.js';
import type { Layout } from './types.js';
import { canonicalVersion, compareVersions } from './version.js';

/** All migrations of a directory, versioned ones in their order, then repeatable ones by name. */
export interface MigrationFolder {
  readonly dir: string;
  readonly layout: Layout;
  readonly migrations: readonly Migration[];
  /** What a person should know of the folder: files that are no migrations, holes in the numbering. */
  readonly warnings: readonly string[];
}

/**
 * Reads a folder of migrations in any of the layouts bk-db runs.
 * @throws BkDbError NOT_FOUND (no folder), CONFIG_INVALID (duplicates, mixed layouts, a down without an up).
 */
export async function readFolder(dir: string): Promise<MigrationFolder> {
  const files = await listFiles(dir);
  const names = files.sql.map((file) => ({ file, parsed: parseFileName(file) }));
  const hasPairs = names.some(({ parsed }) => parsed?.style === 'pair');
  const all = names.flatMap(({ parsed }) => parsed ?? []);
  const texts = readTexts(dir, all);
  // Beside pairs, a file without a direction and without markers is none of them.
  const isStranger = (file: string) => hasPairs && layoutOfText(texts.get(file) ?? '') === 'plain';
  const named = withSharedNumbers(all.filter(({ style, file }) => style !== 'single' || !isStranger(file)));
  const known = new Set(named.map(({ file }) => file));
  const strangers = names.flatMap(({ file }) => (known.has(file) ? [] : [file]));
  refuseDuplicates(dir, named);
  const ups = named.filter(({ role }) => role !== 'down');
  const layout = findLayout(dir, named, texts);
  const downs = new Map(
    named.flatMap(({ role, version, file }) => (role === 'down' ? [[canonicalVersion(version), file]] : [])),
  );
  const migrations = ups
    .map((up) => toMigration({ dir, layout, downs, up, text: texts.get(up.file) ?? '' }))
    .sort(inOrder);
  refuseOrphanDowns(dir, named, migrations);
  const gap = findGap(migrations.filter(({ kind }) => kind === 'versioned').map(({ version }) => version));
  return {
    dir,
    layout,
    migrations,
    warnings: [
      ...strangers.map((file) => `${file} is not run: its name is not that of a migration`),
      ...files.code.map((file) => `${file} is not run: it is no SQL`),
      ...(named.some(({ style, version }) => style === 'pair' && version.includes('_'))
        ? [`in ${dir} several migrations share a number: their names decide the order`]
        : []),
      ...(gap === undefined ? [] : [`there is no migration ${gap} between its neighbours in ${dir}`]),
    ],
  };
}

/** Files of one folder: SQL, and what other tools would run beside it. */
interface FolderFiles {
  readonly sql: readonly string[];
  readonly code: readonly string[];
}

/** Migrations written in a programming language, as goose, Flyway and node-pg-migrate allow. */
const CODE = /^(?:\d+[_-].+|[VUR][\d._]*__.+)\.(?:go|java|kt|js|ts|mjs|cjs|py)$/;

async function listFiles(dir: string): Promise<FolderFiles> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    const names = entries
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
    return {
      sql: names.filter((name) => name.endsWith('.sql')),
      code: names.filter((name) => CODE.test(name) && !name.endsWith('_test.go')),
    };
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')))
      throw cause;
    throw new BkDbError('NOT_FOUND', `there is no folder of migrations at ${dir}`, {
      hint: 'Name it with --migrations-dir or BK_DB_MIGRATIONS_DIR.',
      details: { path: dir },
      cause,
    });
  }
}

/** Reads synchronously: for a thousand small files that takes a fifth of the time. */
function readTexts(dir: string, named: readonly NamedFile[]): ReadonlyMap<string, string> {
  const ups = named.filter(({ role }) => role !== 'down');
  return new Map(ups.map(({ file }) => [file, readText(join(dir, file))] as const));
}

function readText(path: string): string {
  return normalizeText(readFileSync(path, 'utf8'));
}

function findLayout(
  dir: string,
  named: readonly (NamedFile & { style: string })[],
  texts: ReadonlyMap<string, string>,
) {
  const single = named.find(({ style, file }) => style === 'single' && texts.has(file));
  const found = new Map<Layout, string>();
  for (const { style, file } of named) {
    if (style === 'pair') found.set('pairs', file);
    else if (style === 'flyway') found.set('flyway', file);
    else if (style === 'single') found.set(layoutOfText(texts.get(file) ?? ''), file);
  }
  if (found.size > 1) {
    const files = [...found].map(([layout, file]) => `${file} (${layout})`).join(', ');
    throw new BkDbError('CONFIG_INVALID', `${dir} mixes layouts of migrations: ${files}`, {
      hint: 'Keep one layout in one folder.',
    });
  }
  return [...found.keys()][0] ?? (single === undefined ? 'pairs' : 'plain');
}

interface Making {
  readonly dir: string;
  readonly layout: Layout;
  /** The files that revert, by canonical version. */
  readonly downs: ReadonlyMap<string, string>;
  readonly up: NamedFile;
  readonly text: string;
}

function toMigration({ dir, layout, downs, up, text }: Making): Migration {
  const source = (file: string): Source => ({ file, path: join(dir, file) });
  const partner = up.role === 'up' ? downs.get(canonicalVersion(up.version)) : undefined;
  const section = sectionOf(layout, 'up', text);
  const hasDownPart = up.role === 'both' && sectionOf(layout, 'down', text).start < text.length;
  const upText = text.slice(section.start, section.end);
  return {
    version: up.version,
    name: up.name,
    kind: up.role === 'repeatable' ? 'repeatable' : 'versioned',
    up: source(up.file),
    down:
      partner !== undefined
        ? source(partner)
        : hasDownPart && layout !== 'plain'
          ? source(up.file)
          : undefined,
    text: upText,
    checksum: checksumOf(upText),
  };
}

function inOrder(a: Migration, b: Migration): number {
  if (a.kind !== b.kind) return a.kind === 'versioned' ? -1 : 1;
  return a.kind === 'repeatable' ? (a.name < b.name ? -1 : 1) : compareVersions(a.version, b.version);
}

function refuseDuplicates(dir: string, named: readonly NamedFile[]): void {
  const duplicate = findDuplicate(named);
  if (duplicate === undefined) return;
  const [first, second] = duplicate;
  throw new BkDbError('CONFIG_INVALID', `${first.file} and ${second.file} in ${dir} have the same version`, {
    hint: 'Give one of them a version of its own.',
  });
}

function refuseOrphanDowns(dir: string, named: readonly NamedFile[], migrations: readonly Migration[]): void {
  const used = new Set(migrations.flatMap(({ down }) => down?.file ?? []));
  const orphan = named.find(({ role, file }) => role === 'down' && !used.has(file));
  if (orphan === undefined) return;
  throw new BkDbError('CONFIG_INVALID', `${orphan.file} in ${dir} reverts a migration that is not there`, {
    hint: 'Add the file that applies it, or remove this one.',
  });
}

/** Reads and lexes one direction of a migration. */
export function readScript(folder: MigrationFolder, migration: Migration, direction: Direction): Script {
  const source = direction === 'up' ? migration.up : migration.down;
  if (source === undefined) {
    throw new BkDbError(
      'NOT_FOUND',
      `migration ${migrationLabel(migration)} cannot be reverted: it has no down part`,
      {
        hint: 'Write one, or restore a backup from before it.',
      },
    );
  }
  return parseScript({ ...source, text: readText(source.path) }, folder.layout, direction);
}
