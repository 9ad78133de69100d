import { readFile } from 'node:fs/promises';
import type { ConnectionTarget } from '../core/connection.js';
import { BkDbError } from '../core/errors.js';
import {
  reachesBeyondDatabase,
  splitScript,
  withScratchDatabase,
  type LedgerDeps,
} from '../migrate/index.js';

/**
 * Runs the work with the database whose schema is wanted: the configured one, or a scratch database into which a file was
 * loaded.
 * @throws BkDbError USAGE when the file holds what a scratch database would not keep in; MIGRATION_FAILED when it fails; IO.
 */
export async function withWanted<T>(
  deps: LedgerDeps,
  schemaFile: string | undefined,
  work: (target: ConnectionTarget) => Promise<T>,
): Promise<T> {
  if (schemaFile === undefined) return work(deps.target);
  const statements = await readStatements(schemaFile);
  return withScratchDatabase({ target: deps.target, signal: deps.signal }, async (scratch, { sql }) => {
    for (const statement of statements) {
      deps.signal.throwIfAborted();
      await sql
        .unsafe(statement)
        .simple()
        .catch((cause: unknown) => {
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw new BkDbError('MIGRATION_FAILED', `${schemaFile} cannot be loaded: ${reason}`, {
            hint: 'It was tried in an empty scratch database, which is gone again.',
            details: { file: schemaFile, statement },
            cause,
          });
        });
    }
    return work(scratch.target);
  });
}

async function readStatements(file: string): Promise<string[]> {
  const { statements, remarks } = splitScript(await readFile(file, 'utf8'));
  const meta = remarks.find(({ kind, text }) => kind === 'meta' && !/^\\(un)?restrict\b/.test(text));
  const offender = meta ?? statements.find((one) => reachesBeyondDatabase(one) || one.copyData !== undefined);
  if (offender !== undefined) {
    throw new BkDbError('USAGE', `${file} holds more than a schema: ${offender.text.slice(0, 80)}`, {
      hint: 'Give what pg_dump --schema-only writes, or what migrate --schema-file keeps.',
    });
  }
  // Owners are not compared, and may not be there.
  return statements.map(({ text }) => text).filter((text) => !/^ALTER [\s\S]* OWNER TO /i.test(text));
}
