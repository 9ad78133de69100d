import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { stringify } from 'csv-stringify/sync';
import { PRIVATE_FILE } from '../core/files.js';
import type { RejectedRow } from './types.js';

const REASONS = ['line', 'end_line', 'column', 'value', 'sqlstate', 'reason'];

/** Where the reasons stand, beside the rejected rows. */
function reasonsPath(path: string): string {
  return `${path}.reasons.csv`;
}

/**
 * The rejected records as they came, under the file's header, so that they can be mended and imported again; the reasons
 * lie in a file beside it. Both appear under their names only with `publish`.
 */
export class RejectFile {
  readonly path: string;
  readonly #header: Uint8Array;
  readonly #suffix = `.${process.pid}.tmp`;
  #rows: FileHandle | undefined;
  #reasons: FileHandle | undefined;

  constructor(path: string, header: Uint8Array) {
    this.path = path;
    this.#header = header;
  }

  async write(record: Uint8Array, reject: RejectedRow): Promise<void> {
    this.#rows ??= await this.#begin(this.path, this.#header);
    this.#reasons ??= await this.#begin(reasonsPath(this.path), stringify([REASONS]));
    await this.#rows.write(record);
    if (record.at(-1) !== 0x0a && record.at(-1) !== 0x0d) await this.#rows.write('\n');
    const { line, endLine, column, value, sqlState, reason } = reject;
    await this.#reasons.write(stringify([[line, endLine, column, value, sqlState, reason]]));
  }

  /** Gives both files their names. Without a rejected row there are none. */
  async publish(): Promise<boolean> {
    if (this.#rows === undefined || this.#reasons === undefined) return false;
    for (const file of [this.#rows, this.#reasons]) {
      await file.sync();
      await file.close();
    }
    for (const path of [reasonsPath(this.path), this.path]) await rename(path + this.#suffix, path);
    this.#rows = this.#reasons = undefined;
    return true;
  }

  /** Removes what was not published. */
  async discard(): Promise<void> {
    await this.#rows?.close();
    await this.#reasons?.close();
    for (const path of [reasonsPath(this.path), this.path]) await rm(path + this.#suffix, { force: true });
  }

  async #begin(path: string, head: Uint8Array | string): Promise<FileHandle> {
    const file = await open(path + this.#suffix, 'w', PRIVATE_FILE);
    await file.write(head as string);
    return file;
  }
}
