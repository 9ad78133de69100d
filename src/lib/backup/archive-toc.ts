import { textDecoderFor } from './archive-encoding.js';
import { ByteReader } from './byte-reader.js';

/** One object of an archive, as pg_dump's table of contents describes it. */
export interface TocEntry {
  readonly dumpId: number;
  readonly desc: string;
  readonly tag: string;
  readonly namespace: string | null;
  readonly owner: string | null;
  readonly definition: string | null;
  /** The statement that drops it; null for what goes with another. */
  readonly dropStatement: string | null;
  /** `COPY schema.table (columns) FROM stdin;` of a TABLE DATA entry. */
  readonly copyStatement: string | null;
  readonly dependencies: readonly number[];
  /** Name of the data file in a directory archive, without the compressor's suffix. */
  readonly dataFile: string | null;
  /** Position of the data in a custom archive. */
  readonly dataOffset: number | null;
}

/** The head and table of contents of an archive in the directory or custom format. */
export interface ArchiveToc {
  /** Version of the format, such as 1.14. */
  readonly version: string;
  readonly format: 'custom' | 'directory';
  readonly compression: 'none' | 'gzip' | 'lz4' | 'zstd';
  readonly database: string;
  readonly serverVersion: string;
  readonly dumpVersion: string;
  readonly encoding: string;
  readonly entries: readonly TocEntry[];
  /** Bytes of an integer, beside its sign byte. */
  readonly intSize: number;
  /** Where a custom archive's data blocks begin. */
  readonly dataStart: number;
}

/** Minor versions of format 1 that are understood: written by pg_dump 9.0 to 18. */
const OLDEST_MINOR = 12;
const NEWEST_MINOR = 16;
const MINOR_WITH_ACCESS_METHOD = 14;
const MINOR_WITH_ALGORITHM = 15;
const MINOR_WITH_RELKIND = 16;
const ALGORITHMS = ['none', 'gzip', 'lz4', 'zstd'] as const;
const CUSTOM = 1;
/** pg_dump marks the table of contents of a directory as tar. */
const TAR = 3;
const DIRECTORY = 5;

interface RawEntry extends Omit<
  TocEntry,
  'desc' | 'tag' | 'namespace' | 'owner' | 'definition' | 'dropStatement' | 'copyStatement'
> {
  readonly desc: string;
  readonly tag: Buffer | null;
  readonly namespace: Buffer | null;
  readonly owner: Buffer | null;
  readonly definition: Buffer | null;
  readonly dropStatement: Buffer | null;
  readonly copyStatement: Buffer | null;
}

/**
 * Reads the table of contents of pg_dump's archive (`toc.dat`, or the beginning of a custom archive).
 * Source: WriteHead and WriteToc in PostgreSQL's pg_backup_archiver.c.
 * @throws Error saying what is wrong, when the bytes are no such archive, end early or have an unknown version.
 */
export function parseArchiveToc(bytes: Buffer): ArchiveToc {
  const reader = new ByteReader(bytes);
  const head = readHead(reader);
  const entries = Array.from({ length: readCount(reader) }, () => readEntry(reader, head.minor, head.format));
  if (head.format === 'directory' && !reader.atEnd)
    throw new Error('there is something after the table of contents');
  const encoding = findEncoding(entries);
  const decode = textDecoderFor(encoding);
  const text = (raw: Buffer | null) => (raw === null ? null : decode(raw));
  return {
    version: `1.${head.minor}`,
    format: head.format,
    compression: head.compression,
    database: text(head.database) ?? '',
    serverVersion: head.serverVersion,
    dumpVersion: head.dumpVersion,
    encoding,
    intSize: head.intSize,
    dataStart: reader.position,
    entries: entries.map((entry) => ({
      ...entry,
      tag: text(entry.tag) ?? '',
      namespace: text(entry.namespace),
      owner: text(entry.owner),
      definition: text(entry.definition),
      dropStatement: text(entry.dropStatement),
      copyStatement: text(entry.copyStatement),
    })),
  };
}

function readHead(reader: ByteReader) {
  if (reader.bytes(5).toString('latin1') !== 'PGDMP') throw new Error('it is not an archive of pg_dump');
  const [major, minor] = [reader.byte(), reader.byte()];
  reader.byte();
  if (major !== 1 || minor < OLDEST_MINOR || minor > NEWEST_MINOR) {
    throw new Error(`its archive format ${major}.${minor} is not one of those bk-db reads (1.12 to 1.16)`);
  }
  const intSize = reader.byte();
  reader.setSizes(intSize, reader.byte());
  const format = archiveFormat(reader.byte());
  const compression = readCompression(reader, minor);
  // Seven integers of the local time at which it was made.
  for (let i = 0; i < 7; i++) reader.int();
  return {
    minor,
    intSize,
    format,
    compression,
    database: reader.string(),
    serverVersion: reader.string()?.toString('latin1') ?? '',
    dumpVersion: reader.string()?.toString('latin1') ?? '',
  };
}

function archiveFormat(code: number): ArchiveToc['format'] {
  if (code === CUSTOM) return 'custom';
  if (code === TAR || code === DIRECTORY) return 'directory';
  throw new Error(`its format code ${code} is unknown`);
}

function readCompression(reader: ByteReader, minor: number): ArchiveToc['compression'] {
  if (minor < MINOR_WITH_ALGORITHM) return reader.int() === 0 ? 'none' : 'gzip';
  const algorithm = ALGORITHMS[reader.byte()];
  if (algorithm === undefined) throw new Error('its compression is unknown');
  return algorithm;
}

function readCount(reader: ByteReader): number {
  const count = reader.int();
  if (count < 0) throw new Error('its table of contents has a negative length');
  return count;
}

function readEntry(reader: ByteReader, minor: number, format: ArchiveToc['format']): RawEntry {
  const dumpId = reader.int();
  reader.int(); // whether it has data
  reader.string(); // oid of its catalogue
  reader.string(); // its own oid
  const tag = reader.string();
  const desc = reader.string()?.toString('latin1') ?? '';
  reader.int(); // section
  const definition = reader.string();
  const dropStatement = reader.string();
  const copyStatement = reader.string();
  const namespace = reader.string();
  reader.string(); // tablespace
  if (minor >= MINOR_WITH_ACCESS_METHOD) reader.string();
  if (minor >= MINOR_WITH_RELKIND) reader.int();
  const owner = reader.string();
  reader.string(); // whether it has oids
  const dependencies = readDependencies(reader);
  const dataOffset = format === 'custom' ? reader.offset() : null;
  const fileName = format === 'directory' ? (reader.string()?.toString('latin1') ?? '') : '';
  const dataFile = fileName === '' ? null : fileName;
  return {
    dumpId,
    tag,
    desc,
    definition,
    dropStatement,
    copyStatement,
    namespace,
    owner,
    dependencies,
    dataFile,
    dataOffset,
  };
}

function readDependencies(reader: ByteReader): number[] {
  const dependencies: number[] = [];
  for (let text = reader.string(); text !== null; text = reader.string())
    dependencies.push(Number(text.toString('latin1')));
  return dependencies;
}

/** The names in the table of contents have the encoding which its entry ENCODING sets. */
function findEncoding(entries: readonly RawEntry[]): string {
  const statement = entries.find(({ desc }) => desc === 'ENCODING')?.definition?.toString('latin1') ?? '';
  return /client_encoding = '([^']+)'/.exec(statement)?.[1] ?? 'UTF8';
}
