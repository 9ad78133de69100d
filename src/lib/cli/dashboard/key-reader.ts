const PASTE_BEGIN = '\u001b[200~';
const PASTE_END = '\u001b[201~';
/** More than anybody pastes into a filter; what follows is dropped. */
const LONGEST_PASTE = 10_000;

/** Makes keys of what a terminal sends: escape sequences, characters, and each paste as a whole, however it is cut into pieces. */
export class KeyReader {
  #paste: string | undefined;

  /** The keys that are complete with this chunk. */
  read(chunk: string): string[] {
    if (this.#paste !== undefined) return this.#continuePaste(chunk);
    const begin = chunk.indexOf(PASTE_BEGIN);
    if (begin < 0) return splitKeys(chunk);
    this.#paste = '';
    return [
      ...splitKeys(chunk.slice(0, begin)),
      ...this.#continuePaste(chunk.slice(begin + PASTE_BEGIN.length)),
    ];
  }

  #continuePaste(chunk: string): string[] {
    const text = (this.#paste ?? '') + chunk;
    const end = text.indexOf(PASTE_END);
    if (end < 0) {
      // The end may be cut in two as well, so it is looked for in what was kept.
      this.#paste =
        text.length > LONGEST_PASTE ? text.slice(0, LONGEST_PASTE) + text.slice(-PASTE_END.length) : text;
      return [];
    }
    this.#paste = undefined;
    return [PASTE_BEGIN + text.slice(0, end), ...this.read(text.slice(end + PASTE_END.length))];
  }
}

/** The keys in a text without pastes. */
function splitKeys(text: string): string[] {
  // eslint-disable-next-line no-control-regex -- keys begin with ESC
  return text.match(/\u001b\[[0-9;]*[A-Za-z~]|\u001bO[A-Z]|[^]/gu) ?? [];
}

/** Whether a key is a whole paste. */
export function isPaste(key: string): boolean {
  return key.startsWith(PASTE_BEGIN);
}

/** The text of a paste in one line; other control characters are made harmless where it is shown. */
export function pastedText(key: string): string {
  return key.slice(PASTE_BEGIN.length).replaceAll(/\s+/g, ' ').trim();
}
