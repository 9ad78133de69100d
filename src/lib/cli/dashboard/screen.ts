import type { Size } from './state.js';

/** What a screen writes to. */
export interface ScreenOutput {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Alternate screen, no cursor, no wrapping of long lines, pastes marked as such; and back. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h\u001b[2J';
const LEAVE = '\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l';

/** A full terminal screen, of which only changed lines are written. */
export class Screen {
  readonly #output: ScreenOutput;
  #shown: readonly string[] = [];
  #entered = false;

  constructor(output: ScreenOutput) {
    this.#output = output;
  }

  get size(): Size {
    return { columns: this.#output.columns ?? 80, rows: this.#output.rows ?? 24 };
  }

  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    this.#shown = [];
    this.#output.write(ENTER);
  }

  /** Gives the terminal back as it was; may be called at any time. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#output.write(LEAVE);
  }

  /** Forgets what is shown, since a resize has moved it. */
  clear(): void {
    this.#shown = [];
    if (this.#entered) this.#output.write('\u001b[2J');
  }

  /** Shows the lines, in one write between the marks of a synchronised update. */
  paint(lines: readonly string[]): void {
    if (!this.#entered) return;
    const changes = lines.flatMap((text, row) =>
      text === this.#shown[row] ? [] : [`\u001b[${row + 1};1H${text}\u001b[K`],
    );
    this.#shown = lines;
    if (changes.length > 0) this.#output.write(`\u001b[?2026h${changes.join('')}\u001b[?2026l`);
  }
}
