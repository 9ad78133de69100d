import { createHash } from 'node:crypto';
import { dataPathOf } from './data-file.js';
import type { ArchiveAccess } from './open-archive.js';
import { readArchive } from './read-archive.js';
import type { BackupTable, RestoreSource } from './types.js';

const NEWLINE = 0x0a;
const LANES = 4;

/**
 * Hashes the rows of a COPY stream whatever their order: the sum of each row's SHA-256, in four lanes of 64 bits. Rows that
 * come twice count twice.
 */
export class RowSetDigest {
  readonly #sums = new BigUint64Array(LANES);
  #open: Buffer[] = [];

  update(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const line = chunk.subarray(from, at);
      this.#add(this.#open.length === 0 ? line : Buffer.concat([...this.#open, line]));
      this.#open = [];
      from = at + 1;
    }
    // A copy, because the chunk's memory may be used again.
    if (from < chunk.length) this.#open.push(Buffer.from(chunk.subarray(from)));
  }

  result(): string {
    return Array.from(this.#sums, (sum) => sum.toString(16).padStart(16, '0')).join('');
  }

  #add(row: Buffer): void {
    const hash = createHash('sha256').update(row).digest();
    for (let lane = 0; lane < LANES; lane++)
      this.#sums[lane] = (this.#sums[lane] ?? 0n) + hash.readBigUInt64LE(lane * 8);
  }
}

/** Told of a table's rows as they are read. */
export type OnRows = (table: Pick<BackupTable, 'schema' | 'name'>, rows: Buffer) => void;

/** Reads an archive once more, for the rows of some tables whatever their order; by schema, a zero byte, and name. */
export async function digestRowSets(
  access: ArchiveAccess & { readonly signal: AbortSignal },
  source: RestoreSource,
  tables: readonly Pick<BackupTable, 'schema' | 'name'>[],
): Promise<ReadonlyMap<string, string>> {
  const digests = new Map(tables.map((table) => [keyOf(table), new RowSetDigest()]));
  await readArchive({
    ...access,
    directory: source.path,
    format: source.format,
    dataPath: dataPathOf(source),
    fingerprint: true,
    contents: true,
    concurrency: 1,
    onProgress: () => undefined,
    onRows: (table, rows) => digests.get(keyOf(table))?.update(rows),
  });
  return new Map([...digests].map(([key, digest]) => [key, digest.result()]));
}

function keyOf({ schema, name }: Pick<BackupTable, 'schema' | 'name'>): string {
  return `${schema}\0${name}`;
}
