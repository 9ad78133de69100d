import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../core/files.js';
import { MANIFEST_FILE } from './store.js';
import { backupManifestSchema, type BackupFile, type BackupManifest } from './types.js';

/** The manifest as text; its last field is the SHA-256 of the text without that field. */
export function formatManifest(manifest: BackupManifest): string {
  return withChecksum(manifest);
}

/**
 * Reads a manifest's text.
 * @throws Error in words when a single byte of it is not as it was written.
 */
export function parseManifest(text: string): BackupManifest {
  const { checksum, ...content } = parseObject(text);
  if (typeof checksum !== 'string' || withChecksum(content) !== text)
    throw new Error('its checksum does not fit');
  if (content['formatVersion'] !== 1)
    throw new Error(`its format version ${String(content['formatVersion'])} is unknown to this bk-db`);
  const parsed = backupManifestSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`its field ${issue?.path.join('.') ?? ''} is not understood`);
}

/** Reads the manifest in a backup's directory; throws as {@link parseManifest} and when it cannot be read. */
export async function readManifest(directory: string): Promise<BackupManifest> {
  return parseManifest(await readFile(join(directory, MANIFEST_FILE), 'utf8'));
}

/** Writes the manifest durably into a backup's directory. */
export async function writeManifest(directory: string, manifest: BackupManifest): Promise<void> {
  await writeFileAtomic(join(directory, MANIFEST_FILE), formatManifest(manifest));
}

/** The files' checksums as `sha256sum --check` reads them. */
export function formatChecksums(files: readonly BackupFile[]): string {
  return files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('');
}

function withChecksum(content: object): string {
  const checksum = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `${JSON.stringify({ ...content, checksum }, undefined, 2)}\n`;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new Error('it is not a JSON object');
  return value as Record<string, unknown>;
}
