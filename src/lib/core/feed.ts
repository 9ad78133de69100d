import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** How feeding a tool went; `rethrow` throws what its source threw, if it did. */
export interface Feeding {
  readonly rethrow: (() => never) | undefined;
}

/**
 * Writes everything the source gives to a tool's stdin and closes it. A source that fails stops the tool, which would
 * otherwise take the end of its input for a good one. A tool that stops listening is not reported here: its exit
 * status says what that means.
 */
export async function feed(
  source: AsyncIterable<Uint8Array>,
  stdin: Writable,
  stop: () => void,
): Promise<Feeding> {
  let rethrow: Feeding['rethrow'];
  const watched = async function* () {
    try {
      yield* source;
    } catch (error) {
      rethrow = () => {
        throw error;
      };
      stop();
      throw error;
    }
  };
  await pipeline(watched, stdin).catch(() => undefined);
  return { rethrow };
}
