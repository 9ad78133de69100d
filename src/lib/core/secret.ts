import { inspect } from 'node:util';

/** What a secret looks like wherever it is printed. */
export const SECRET_MASK = '********';

/**
 * A value that no printer can show: text, JSON and `util.inspect` all give the mask.
 * Only {@link Secret.reveal} gives the value, so a search for it finds every use.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SECRET_MASK;
  }

  toJSON(): string {
    return SECRET_MASK;
  }

  [inspect.custom](): string {
    return SECRET_MASK;
  }
}
