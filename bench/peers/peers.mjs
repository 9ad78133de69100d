// The peers of bench/repositories.mjs, each doing the four operations the way its documentation shows.
// One connection each; drizzle has a client of its own, because it changes the parsers of the one it is given.
import { desc, eq } from 'drizzle-orm';
import {
  bigint,
  customType,
  integer,
  jsonb,
  pgSchema,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import postgres from 'postgres';

/** postgres.js alone, one connection. */
export function openRaw({ host, port, user, database, password }) {
  const path = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : {};
  return postgres({ host, port, ...path, user, database, password, max: 1, onnotice: () => {} });
}

const bytea = customType({ dataType: () => 'bytea' });
const time = (name) => timestamp(name, { withTimezone: true });

const requests = pgSchema('bench').table('requests', {
  id: uuid('id').primaryKey().defaultRandom(),
  requestKey: text('request_key').notNull(),
  clientId: text('client_id').notNull(),
  mode: text('mode').notNull().default('individual'),
  contentType: text('content_type').notNull().default('text'),
  content: text('content'),
  contentSha256: bytea('content_sha256'),
  domain: text('domain'),
  context: jsonb('context').notNull().default({}),
  sourceMetadata: jsonb('source_metadata').notNull().default({}),
  priority: smallint('priority').notNull().default(3),
  status: text('status').notNull().default('pending'),
  timeoutSeconds: integer('timeout_seconds').notNull().default(300),
  deadlineAt: time('deadline_at'),
  attempts: smallint('attempts').notNull().default(0),
  maxAttempts: smallint('max_attempts').notNull().default(3),
  claimToken: uuid('claim_token'),
  claimedBy: text('claimed_by'),
  claimExpiresAt: time('claim_expires_at'),
  startedAt: time('started_at'),
  finishedAt: time('finished_at'),
  failureReason: text('failure_reason'),
  reverifiesId: uuid('reverifies_id'),
  redactedAt: time('redacted_at'),
  rowVersion: bigint('row_version', { mode: 'bigint' }),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});

export function openDrizzle(target) {
  const client = openRaw(target);
  const db = drizzle(client);
  return {
    insert: async (row) => (await db.insert(requests).values(row).returning())[0],
    select: async (id) => (await db.select().from(requests).where(eq(requests.id, id)))[0],
    page: (size) =>
      db.select().from(requests).orderBy(desc(requests.createdAt), desc(requests.id)).limit(size),
    update: async (id, priority) =>
      (await db.update(requests).set({ priority }).where(eq(requests.id, id)).returning())[0],
    close: () => client.end(),
  };
}

export function openKysely({ host, port, user, database, password }) {
  const pool = new pg.Pool({ host, port, user, database, password, max: 1 });
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) }).withSchema('bench');
  const columns = ({ requestKey, clientId, content, domain, priority }) => ({
    request_key: requestKey,
    client_id: clientId,
    content,
    domain,
    priority,
  });
  return {
    insert: (row) => db.insertInto('requests').values(columns(row)).returningAll().executeTakeFirstOrThrow(),
    select: (id) => db.selectFrom('requests').selectAll().where('id', '=', id).executeTakeFirst(),
    page: (size) =>
      db
        .selectFrom('requests')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(size)
        .execute(),
    update: (id, priority) =>
      db.updateTable('requests').set({ priority }).where('id', '=', id).returningAll().executeTakeFirst(),
    close: () => db.destroy(),
  };
}
