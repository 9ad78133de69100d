import { readToc, type ArchiveAccess, type RestoreSource } from '../backup/index.js';
import { needsOf } from './needs.js';
import type { ArchiveListing } from './types.js';

/** Entries of a table of contents that are no objects, or parts of others. */
const NO_OBJECTS = new Set([
  'ENCODING',
  'STDSTRINGS',
  'SEARCHPATH',
  'DATABASE',
  'DATABASE PROPERTIES',
  'TABLE DATA',
  'SEQUENCE SET',
  'SEQUENCE OWNED BY',
  'BLOBS',
  'BLOB DATA',
  'MATERIALIZED VIEW DATA',
  'TABLE ATTACH',
  'INDEX ATTACH',
]);

/** What a backup or archive is, and what it holds; no server is asked. */
export async function listSource(access: ArchiveAccess, source: RestoreSource): Promise<ArchiveListing> {
  const toc = await readToc(access, source);
  const needs = toc === undefined ? undefined : needsOf(toc.entries, { noOwner: false, noPrivileges: false });
  const objects: Record<string, number> = {};
  for (const { desc } of toc?.entries ?? []) {
    const kind = desc.toLowerCase();
    if (!NO_OBJECTS.has(desc)) objects[kind] = (objects[kind] ?? 0) + 1;
  }
  return {
    id: source.id,
    path: source.foreign?.name ?? source.path,
    foreign: source.foreign?.description ?? null,
    database: source.database,
    format: source.format,
    serverVersion: source.serverVersion,
    pgDumpVersion: source.toolVersions.pgDump,
    encoding: source.encoding,
    totals: source.totals,
    tables: source.tables.map(({ schema, name, rows, copyBytes }) => ({ schema, name, rows, copyBytes })),
    objects: toc === undefined ? null : objects,
    roles: needs === undefined ? null : [...needs.roles],
    extensions: needs === undefined ? null : [...needs.extensions],
  };
}
