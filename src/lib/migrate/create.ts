import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BkDbError } from '../core/errors.js';
import { readFolder } from './folder.js';
import type { CreatedMigration, Layout } from './types.js';

export interface CreateMigrationOptions {
  /** Absolute path of the folder; made when it is missing. */
  readonly migrationsDir: string;
  /** What it does, in words. */
  readonly name: string;
  /** What goes into its files; they are empty without. */
  readonly content?: MigrationContent | undefined;
}

export interface MigrationContent {
  readonly up: readonly string[];
  readonly down: readonly string[];
  /** False for what the server runs outside a transaction alone. */
  readonly transactional: boolean;
}

/** Timestamps, as versions, are longer than any counter. */
const SHORTEST_TIMESTAMP = 8;

/**
 * Writes the files of a new migration, numbered as the folder numbers: the next number, or the time.
 * @throws BkDbError USAGE when the name has no letter or digit; never overwrites.
 */
export async function createMigration(
  { now }: { readonly now: () => Date },
  { migrationsDir, name, content }: CreateMigrationOptions,
): Promise<CreatedMigration> {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  if (slug === '') {
    throw new BkDbError('USAGE', `a migration cannot be named ${JSON.stringify(name)}`, {
      hint: 'Use letters and digits.',
    });
  }
  await mkdir(migrationsDir, { recursive: true });
  const { layout, migrations } = await readFolder(migrationsDir);
  const last = migrations.filter(({ kind }) => kind === 'versioned').at(-1)?.version;
  const version = nextVersion(last, now());
  const contents = fileContents(layout, `${version}_${slug}`, textOf(content));
  for (const [file, text] of contents) await writeFile(join(migrationsDir, file), text, { flag: 'wx' });
  return { version, files: contents.map(([file]) => join(migrationsDir, file)) };
}

/** The version after `last`: `0002` after `0001`, the time (UTC) after a time. */
export function nextVersion(last: string | undefined, now: Date): string {
  if (last === undefined) return '0001';
  if (/^\d+$/.test(last) && last.length >= SHORTEST_TIMESTAMP) {
    const time = now.toISOString().replace(/\D/g, '').slice(0, 14);
    return time.slice(0, Math.max(last.length, 14)) > last ? time : String(BigInt(last) + 1n);
  }
  const [major = '0'] = last.split(/[._]/);
  return String(BigInt(major) + 1n).padStart(major.length, '0');
}

interface Texts {
  readonly head: string;
  readonly up: string;
  readonly down: string;
}

function textOf(content: MigrationContent | undefined): Texts {
  if (content === undefined) return { head: '', up: '', down: '' };
  const lines = (statements: readonly string[]) => statements.map((text) => `${text}\n`).join('');
  return {
    head: content.transactional ? '' : '-- bk-db: no-transaction\n',
    up: lines(content.up),
    down: lines(content.down),
  };
}

function fileContents(
  layout: Layout,
  label: string,
  { head, up, down }: Texts,
): readonly (readonly [string, string])[] {
  switch (layout) {
    case 'pairs':
      return [
        [`${label}.up.sql`, head + up],
        [`${label}.down.sql`, head + down],
      ];
    case 'flyway': {
      const name = label.replace('_', '__');
      return [
        [`V${name}.sql`, head + up],
        [`U${name}.sql`, head + down],
      ];
    }
    case 'dbmate':
      return [[`${label}.sql`, `${head}-- migrate:up\n${up}\n-- migrate:down\n${down}`]];
    case 'goose':
      return [[`${label}.sql`, `${head}-- +goose Up\n${up}\n-- +goose Down\n${down}`]];
    case 'plain':
      return [[`${label}.sql`, head + up]];
  }
}
