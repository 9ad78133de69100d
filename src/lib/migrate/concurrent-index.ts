import { quoteQualified, type Sql } from '../core/database.js';
import { nextToken } from './lexer.js';
import type { Statement } from './statements.js';

/** What a CREATE INDEX CONCURRENTLY says; names as written, quotes and all. */
export interface ConcurrentIndex {
  /** Undefined where the server chooses the name. */
  readonly name: string | undefined;
  readonly table: string;
  readonly ifNotExists: boolean;
}

/** Reads the names of a CREATE INDEX CONCURRENTLY; undefined for any other statement. */
export function parseConcurrentIndex({ text, words }: Statement): ConcurrentIndex | undefined {
  if (!/^create (unique )?index concurrently\b/.test(words.join(' '))) return undefined;
  const tokens = tokensOf(text);
  let at = tokens.findIndex((token) => token.toLowerCase() === 'concurrently') + 1;
  const ifNotExists =
    tokens
      .slice(at, at + 3)
      .join(' ')
      .toLowerCase() === 'if not exists';
  if (ifNotExists) at += 3;
  const named = tokens[at]?.toLowerCase() !== 'on';
  const name = named ? tokens[at] : undefined;
  at += named ? 2 : 1;
  if (tokens[at]?.toLowerCase() === 'only') at++;
  const parts = [tokens[at] ?? ''];
  while (tokens[at + 1] === '.') {
    parts.push(tokens[at + 2] ?? '');
    at += 2;
  }
  return { name, table: parts.join('.'), ifNotExists };
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) {
    if (token.kind !== 'comment') tokens.push(text.slice(token.start, token.end));
  }
  return tokens;
}

export interface FoundIndex {
  readonly schema: string;
  readonly name: string;
  readonly valid: boolean;
}

/** The index that a statement makes, where it exists; without a name, the invalid ones of its table. */
export async function findIndexes(
  sql: Sql,
  { name, table }: ConcurrentIndex,
): Promise<readonly FoundIndex[]> {
  return sql<FoundIndex[]>`
    select n.nspname as schema, c.relname as name, i.indisvalid as valid
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where i.indrelid = pg_catalog.to_regclass(${table})
       and case when ${name ?? null}::text is null then not i.indisvalid
                else c.relname = (pg_catalog.parse_ident(${name ?? 'x'}))[1] end`;
}

/** Removes what an interrupted build left, without locking its table. */
export async function dropInvalidIndexes(
  sql: Sql,
  indexes: readonly FoundIndex[],
): Promise<readonly string[]> {
  const invalid = indexes.filter(({ valid }) => !valid);
  for (const { schema, name } of invalid) {
    await sql.unsafe(`drop index concurrently if exists ${quoteQualified(schema, name)}`).simple();
  }
  return invalid.map(({ name }) => name);
}
