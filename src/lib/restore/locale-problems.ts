import type { RestoreSource } from '../backup/index.js';
import { quoteLiteral, type Sql } from '../core/database.js';
import { isServerError } from '../core/to-error.js';
import type { Problem } from './problem.js';

/**
 * The locale of the source, when the server does not have it: a collation of it is made in a transaction that is rolled
 * back. Where this role may not make one, CREATE DATABASE will tell.
 */
export async function localeProblems(sql: Sql, { collation }: RestoreSource): Promise<Problem[]> {
  if (collation === null) return [];
  const reason = await trial(sql, collation);
  if (reason === undefined) return [];
  const name = collation.locale ?? collation.collate;
  return [
    {
      code: 'NOT_FOUND',
      missing: `locale ${name} (${reason})`,
      remedy: 'install the locale on the server, or name an empty database of another locale with --into',
      details: { locale: name },
    },
  ];
}

type Collation = NonNullable<RestoreSource['collation']>;

/** What a server answers that does not know a locale, or a provider. */
const UNDEFINED_OBJECTS = new Set(['42704', '22023', '42P17', '0A000']);

class RolledBack extends Error {}

/** Why the server cannot make it; undefined when it can, or when that cannot be tried. */
async function trial(sql: Sql, collation: Collation): Promise<string | undefined> {
  try {
    await sql.begin(async (transaction) => {
      await transaction.unsafe(`create collation pg_temp.trial (${definition(collation)})`);
      throw new RolledBack();
    });
    return undefined;
  } catch (error) {
    if (isServerError(error) && UNDEFINED_OBJECTS.has(error.code)) return error.message;
    if (error instanceof RolledBack || isServerError(error)) return undefined;
    throw error;
  }
}

function definition({ provider, collate, ctype, locale }: Collation): string {
  if (provider !== 'libc') return `provider = ${provider}, locale = ${quoteLiteral(locale ?? '')}`;
  return `provider = libc, lc_collate = ${quoteLiteral(collate)}, lc_ctype = ${quoteLiteral(ctype)}`;
}
