import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Queryable } from './database.js';

interface SettlingQuery extends PromiseLike<unknown> {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  writable(): Promise<Writable>;
}

/**
 * Runs `COPY ... FROM STDIN` with the given chunks and returns the number of rows the server has loaded.
 * Needs a transaction or a reserved connection: a pool would put other queries on the same connection meanwhile.
 *
 * postgres.js 3.4.9 alone forgets an error that arrives after the last chunk: its stream never ends. The query's own
 * verdict is caught here, so that a refused row rejects wherever it stands.
 */
export async function copyIn(
  connection: Queryable,
  statement: string,
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): Promise<number> {
  const query = connection.unsafe(statement) as unknown as SettlingQuery;
  const verdict = watchVerdict(query);
  const stream = await query.writable();
  stream.on('error', () => undefined);
  try {
    for await (const chunk of chunks) {
      if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), verdict]);
      if (stream.destroyed) await verdict;
    }
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    await verdict.catch(() => undefined);
    throw error;
  }
  return verdict;
}

/** The query settles twice: with the stream when the server is ready for data, with its result when all is done. */
function watchVerdict(query: SettlingQuery): Promise<number> {
  const { resolve, reject } = query;
  const verdict = new Promise<number>((succeed, fail) => {
    let streaming = false;
    query.resolve = (result) => {
      if (streaming) succeed((result as { readonly count: number }).count);
      streaming = true;
      resolve(result);
    };
    query.reject = (error) => {
      fail(error instanceof Error ? error : new Error(String(error)));
      reject(error);
    };
  });
  verdict.catch(() => undefined);
  return verdict;
}
