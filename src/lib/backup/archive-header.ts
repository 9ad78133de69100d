import type { ArchiveToc } from './archive-toc.js';
import { join } from 'node:path';
import { openExport } from '../csv/index.js';
import { dataFileName, type Layer } from './data-file.js';
import type { ContentKind } from './detect-content.js';
import { openData, type ArchiveAccess } from './open-archive.js';
import { readToc } from './read-toc.js';
import type { ArchivePlace, Collation, RestoreSource } from './types.js';
import { peek } from '../core/peek.js';

/** What an archive's own head tells of its origin. */
export type ArchiveHeader = Pick<
  RestoreSource,
  'database' | 'owner' | 'encoding' | 'collation' | 'serverVersion' | 'toolVersions'
>;

/** What an archive is: `export` is what csv export wrote. */
export type ArchiveKind = ContentKind | 'directory' | 'export';

/** Reads an archive's head: the table of contents, the manifest, or the comments at the beginning of a script. */
export async function readHeader(access: ArchiveAccess, place: ArchivePlace): Promise<ArchiveHeader> {
  if (place.format === 'csv') return headerOfExport(join(place.path, dataFileName('csv', [])));
  const toc = await readToc(access, place);
  if (toc !== undefined) return headerOfToc(toc);
  const { head, close } = await peek(openData(access, place));
  await close();
  return headerOfScript(head.toString('latin1'));
}

async function headerOfExport(path: string): Promise<ArchiveHeader> {
  const { manifest, close } = await openExport(path);
  close();
  const [major, minor] = [Math.floor(manifest.serverVersion / 10_000), manifest.serverVersion % 10_000];
  return {
    database: manifest.database,
    owner: null,
    encoding: 'UTF8',
    collation: null,
    serverVersion: `${major}.${minor}`,
    toolVersions: { pgDump: 'none' },
  };
}

/** Pure. */
function headerOfToc(toc: ArchiveToc): ArchiveHeader {
  const database = toc.entries.find(({ desc }) => desc === 'DATABASE');
  return {
    database: toc.database,
    owner: database?.owner ?? null,
    encoding: toc.encoding,
    collation: collationOf(database?.definition ?? ''),
    serverVersion: toc.serverVersion,
    toolVersions: { pgDump: toc.dumpVersion },
  };
}

/** Pure. */
function headerOfScript(head: string): ArchiveHeader {
  const find = (pattern: RegExp) => pattern.exec(head)?.[1];
  return {
    database: null,
    owner: null,
    encoding: find(/^SET client_encoding = '([^']+)';$/m) ?? 'UTF8',
    collation: null,
    serverVersion: find(/^-- Dumped from database version (\S+)/m) ?? 'unknown',
    toolVersions: { pgDump: find(/^-- Dumped by pg_dump version (\S+)/m) ?? 'unknown' },
  };
}

/** How the archived CREATE DATABASE sorts and classifies text; null where it does not say. */
function collationOf(statement: string): Collation | null {
  const option = (name: string) => new RegExp(` ${name} = '([^']*)'`).exec(statement)?.[1];
  const locale = option('LOCALE');
  const [collate, ctype] = [option('LC_COLLATE') ?? locale, option('LC_CTYPE') ?? locale];
  if (collate === undefined || ctype === undefined) return null;
  const provider = / LOCALE_PROVIDER = (libc|icu|builtin)/.exec(statement)?.[1] ?? 'libc';
  return {
    provider: provider as Collation['provider'],
    collate,
    ctype,
    locale: option('ICU_LOCALE') ?? option('BUILTIN_LOCALE') ?? null,
  };
}

const KINDS: Readonly<Record<string, string>> = {
  custom: 'custom archive',
  directory: 'directory archive',
  tar: 'tar archive',
  plain: 'plain script',
};

/** What was found, in words. */
export function describeArchive(
  { toolVersions, serverVersion }: ArchiveHeader,
  { kind, layers }: { readonly kind: ArchiveKind; readonly layers: readonly Layer[] },
): string {
  if (kind === 'export') return `CSV files of csv export from PostgreSQL ${serverVersion}`;
  const around = layers.length === 0 ? '' : `, ${layers.join(' and ')} around it`;
  return `${KINDS[kind] ?? kind} of pg_dump ${bare(toolVersions.pgDump)} from PostgreSQL ${bare(serverVersion)}${around}`;
}

/** `15.20` of `15.20 (Debian 15.20-0+deb12u1)`. */
function bare(version: string): string {
  return version.split(' ')[0] ?? version;
}
