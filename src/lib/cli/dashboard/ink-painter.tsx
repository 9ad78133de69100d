import { EventEmitter } from 'node:events';
import { render, type Instance } from 'ink';
import { FrameView } from './frame-view.js';
import { cutLine, type Line } from './line.js';
import type { Screen } from './screen.js';
import type { Theme } from './state.js';

/**
 * Draws frames with Ink and shows them on the screen. Ink itself wipes a terminal's history with every frame that is as
 * high as the terminal; so it writes into a stream of ours, a whole frame at a time (`debug`), of which the screen shows
 * what changed.
 */
export class InkPainter {
  readonly #screen: Screen;
  #instance: Instance | undefined;
  #isClosed = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Shows the lines as the whole screen; without a theme in no style at all. */
  paint(lines: readonly Line[], theme: Theme | undefined): void {
    // A look that comes back after the screen was left has nothing to paint on.
    if (this.#isClosed) return;
    const { columns } = this.#screen.size;
    const cut = lines.map((segments) => cutLine(segments, columns));
    const view = <FrameView lines={cut} theme={theme} />;
    if (this.#instance === undefined) this.#instance = this.#render(view);
    else this.#instance.rerender(view);
  }

  /** Ends Ink; the screen keeps its last frame. */
  close(): void {
    this.#isClosed = true;
    this.#instance?.unmount();
    this.#instance = undefined;
  }

  #render(view: React.JSX.Element): Instance {
    return render(view, {
      stdout: this.#stream() as unknown as NodeJS.WriteStream,
      debug: true,
      patchConsole: false,
      exitOnCtrlC: false,
    });
  }

  /** What Ink takes for the terminal. */
  #stream(): EventEmitter {
    const screen = this.#screen;
    return Object.defineProperties(new EventEmitter(), {
      isTTY: { value: true },
      columns: { get: () => screen.size.columns },
      rows: { get: () => screen.size.rows },
      write: { value: (frame: string) => screen.paint(frame.split('\n')) },
    });
  }
}
