import * as z from 'zod';
import { quoteIdentifier, quoteLiteral, type Queryable } from '../core/database.js';

/**
 * What restore writes into the comment of a database that stands beside another, because a name proves nothing:
 * names are cut at 63 bytes, and anybody may choose one that looks alike.
 */
const markSchema = z.discriminatedUnion('state', [
  z.object({
    /** Being filled. Whoever fills it holds the lock of its name; without one it is a remnant. */
    state: z.literal('restoring'),
    database: z.string(),
    since: z.string(),
  }),
  z.object({
    /** It had the name `database` until the database with the oid `by` took its place. */
    state: z.literal('replaced'),
    database: z.string(),
    since: z.string(),
    by: z.int(),
    /** The comment that it had before. */
    comment: z.string().nullable(),
  }),
]);
export type DatabaseMark = z.infer<typeof markSchema>;

const PREFIX = 'bk-db restore: ';

/** A database and what restore noted on it. */
export interface MarkedDatabase {
  readonly name: string;
  readonly mark: DatabaseMark;
}

/** The statement that notes something on a database. */
export function markStatement(database: string, mark: DatabaseMark): string {
  return commentStatement(database, PREFIX + JSON.stringify(mark));
}

/** The statement that gives a database this comment, or none. */
export function commentStatement(database: string, comment: string | null): string {
  const text = comment === null ? 'null' : quoteLiteral(comment);
  return `comment on database ${quoteIdentifier(database)} is ${text}`;
}

/** Every database of the server with a note of restore on it. */
export async function listMarked(sql: Queryable): Promise<MarkedDatabase[]> {
  const rows = await sql<{ name: string; comment: string }[]>`
    select d.datname as name, pg_catalog.shobj_description(d.oid, 'pg_database') as comment
      from pg_catalog.pg_database d
     where pg_catalog.starts_with(pg_catalog.shobj_description(d.oid, 'pg_database'), ${PREFIX})
     order by d.datname`;
  return rows.flatMap(({ name, comment }) => {
    const mark = parseMark(comment.slice(PREFIX.length));
    return mark === undefined ? [] : [{ name, mark }];
  });
}

function parseMark(text: string): DatabaseMark | undefined {
  try {
    return markSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
