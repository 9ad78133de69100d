import type { Queryable } from './database.js';

/** Runs a `COPY ... TO STDOUT` and gives its bytes piece by piece. */
export async function* readCopyStream(sql: Queryable, statement: string): AsyncGenerator<Buffer> {
  const stream = await sql.unsafe(statement).readable();
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } finally {
    // postgres.js pauses its socket for a full buffer and resumes it only when more is asked for; after the last
    // row nobody asks, and the connection would hang for ever.
    stream._read(0);
  }
}
