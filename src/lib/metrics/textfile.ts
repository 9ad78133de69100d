import { writeFileAtomic } from '../core/files.js';

/** node_exporter runs as another user. */
const READABLE = 0o644;

/** Writes a text file for node_exporter's textfile collector; a reader sees the old or the new one, never a part. */
export async function writeTextfile(file: string, text: string): Promise<void> {
  await writeFileAtomic(file, text.endsWith('\n') ? text : `${text}\n`, READABLE);
}
