import { join } from 'node:path';
import { BkDbError } from '../core/errors.js';
import { dataPathOf, layersOf, type Layer } from './data-file.js';
import { decompress, type DecompressDeps } from './decompress.js';
import { FileReading } from './read-file.js';
import type { ArchivePlace } from './types.js';

/** What is needed to get at the clear content of a backup's files. */
export interface ArchiveAccess extends DecompressDeps {
  /** File of the private key (age's identity file) for encrypted backups. */
  readonly identityFile?: string | undefined;
}

/**
 * The clear bytes of a backup's one data file: decrypted, and freed from the compression around it (what pg_dump
 * compressed inside a custom archive stays so; pg_restore undoes it). For pg_restore's or psql's stdin.
 * @throws BkDbError while reading: CONFIG_INVALID (no key, or not one of the recipients'), BACKUP_CORRUPT, TOOL_MISSING, IO.
 */
export function openData(access: ArchiveAccess, backup: ArchivePlace): AsyncIterable<Buffer> {
  return openFile(access, join(backup.path, dataPathOf(backup)));
}

/** The same for any file of a backup, such as `globals.sql.age`. */
export function openFile(access: ArchiveAccess, path: string): AsyncIterable<Buffer> {
  return unwrap(access, layersOf(path), new FileReading(path, access.signal).pieces());
}

/** Takes the layers off, the outermost first. */
export function unwrap(
  access: ArchiveAccess,
  layers: readonly Layer[],
  bytes: AsyncIterable<Buffer>,
): AsyncIterable<Buffer> {
  return layers.reduce(
    (input, layer) => (layer === 'age' ? decrypt(access, input) : decompress(access, layer, input)),
    bytes,
  );
}

async function* decrypt({ openTool, identityFile, signal }: ArchiveAccess, input: AsyncIterable<Buffer>) {
  if (identityFile === undefined) {
    throw new BkDbError('CONFIG_INVALID', 'the backup is encrypted and no key was given', {
      hint: "Name the file of the recipient's private key with --identity or BK_DB_IDENTITY.",
    });
  }
  try {
    yield* openTool({ command: 'age', args: ['--decrypt', '--identity', identityFile] }, { input, signal });
  } catch (error) {
    throw decryptionFailure(error, identityFile);
  }
}

/** A key that does not fit is no fault of the backup. */
function decryptionFailure(error: unknown, identityFile: string): unknown {
  if (!(error instanceof BkDbError) || error.code !== 'TOOL_FAILED') return error;
  const { details, message } = error;
  if (message.includes('no identity matched')) {
    return new BkDbError(
      'CONFIG_INVALID',
      `the key in ${identityFile} is not one of those that the backup is encrypted to`,
      { hint: '`bk-db backup show ID` lists the recipients.', details, cause: error },
    );
  }
  // Whatever age says of the key's own file.
  if (message.includes(`"${identityFile}"`) || message.includes('passphrase')) {
    return new BkDbError('CONFIG_INVALID', `cannot use the key in ${identityFile}: ${message}`, {
      hint: 'age-keygen makes such a file; bk-db asks for no passphrase.',
      details,
      cause: error,
    });
  }
  return new BkDbError('BACKUP_CORRUPT', `it cannot be decrypted: ${message}`, {
    hint: 'The encrypted file is damaged; use another backup.',
    details,
    cause: error,
  });
}
