import { readFile, rm } from 'node:fs/promises';
import * as z from 'zod';
import { writeFileAtomic } from '../core/files.js';
import type { FileToSend } from './upload-file.js';

const noteSchema = z.object({ uploadId: z.string(), tags: z.record(z.string(), z.string()) });
const notesSchema = z.object({ remote: z.string(), uploads: z.record(z.string(), noteSchema) });

/** An upload in parts that goes on: its id, and the tags of the parts that were sent, by number. */
export interface UploadNote {
  readonly uploadId: string;
  readonly tags: Readonly<Record<number, string>>;
}

/**
 * What an interrupted push has sent of a large file, in a file beside the backup. Not every storage lists the parts it
 * has, so we remember them.
 */
export class UploadNotes {
  readonly #path: string;
  readonly #remote: string;
  #uploads: Record<string, UploadNote>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, remote: string, uploads: Record<string, UploadNote>) {
    this.#path = path;
    this.#remote = remote;
    this.#uploads = uploads;
  }

  /** Notes of another place, or that cannot be read, count as none. */
  static async read(path: string, remote: string): Promise<UploadNotes> {
    const text = await readFile(path, 'utf8').catch(() => '{}');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    const parsed = notesSchema.safeParse(value);
    return new UploadNotes(
      path,
      remote,
      parsed.success && parsed.data.remote === remote ? parsed.data.uploads : {},
    );
  }

  find(file: FileToSend): UploadNote | undefined {
    return this.#uploads[nameOf(file)];
  }

  async write(file: FileToSend, note: UploadNote): Promise<void> {
    this.#uploads = { ...this.#uploads, [nameOf(file)]: { ...note, tags: { ...note.tags } } };
    await this.#save();
  }

  async remove(file: FileToSend): Promise<void> {
    this.#uploads = Object.fromEntries(
      Object.entries(this.#uploads).filter(([name]) => name !== nameOf(file)),
    );
    await this.#save();
  }

  /** When all was sent. */
  async clear(): Promise<void> {
    await this.#writing;
    await rm(this.#path, { force: true });
  }

  /** One after the other: parts are sent side by side. */
  #save(): Promise<void> {
    this.#writing = this.#writing.then(() =>
      writeFileAtomic(this.#path, JSON.stringify({ remote: this.#remote, uploads: this.#uploads })),
    );
    return this.#writing;
  }
}

/** The content is part of the name: notes of another file under this key do not fit. */
function nameOf({ key, sha256 }: FileToSend): string {
  return `${key} ${sha256}`;
}
