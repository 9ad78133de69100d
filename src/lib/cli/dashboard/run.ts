import { setTimeout as sleep } from 'node:timers/promises';
import { toBkDbError } from '../../core/to-error.js';
import type { EndOutcome, Watcher } from '../../health/index.js';
import type { Paint } from '../terminal.js';
import { frame } from './frame.js';
import { press, splitKeys, type Effect } from './keys.js';
import { InkPainter } from './ink-painter.js';
import { Screen } from './screen.js';
import { countRows, initialState, withSample, type DashboardState, type Question } from './state.js';

export interface DashboardOptions {
  readonly watcher: Pick<Watcher, 'look' | 'end'>;
  readonly place: string;
  readonly everyMs: number;
  readonly readOnly: boolean;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly paint: Paint;
  readonly signal: AbortSignal;
}

/** Runs the live screen until q; the terminal is given back on every way out. @throws the signal's reason. */
export async function runDashboard(options: DashboardOptions): Promise<void> {
  const dashboard = new Dashboard(options);
  const release = dashboard.takeTerminal();
  try {
    await dashboard.run();
  } finally {
    release();
  }
  options.signal.throwIfAborted();
}

/** What became of the session, in words. */
function outcomeText({ pid, how }: Question, outcome: EndOutcome): string {
  const done = how === 'cancel' ? 'its query was cancelled' : 'the session has ended';
  const texts: Readonly<Record<EndOutcome, string>> = {
    done,
    gone: 'the session was gone already',
    idle: 'it runs no query that could be cancelled; K ends the session',
    pending: 'the signal was sent, and it goes on',
  };
  return `pid ${pid}: ${texts[outcome]}`;
}

class Dashboard {
  readonly #options: DashboardOptions;
  readonly #screen: Screen;
  readonly #painter: InkPainter;
  readonly #quit = new AbortController();
  #wake = new AbortController();
  #state: DashboardState;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#screen = new Screen(options.output);
    this.#painter = new InkPainter(this.#screen, options.paint('bold', 'x') !== 'x');
    this.#state = initialState(options);
  }

  /** Takes over screen and keyboard; what is returned gives them back. */
  takeTerminal(): () => void {
    const { input, output, signal } = this.#options;
    const leave = () => this.#leave();
    const stop = () => this.#stop();
    const resize = () => {
      this.#screen.clear();
      this.#show();
    };
    const keys = (chunk: string) => this.#onKeys(chunk);
    const suspend = () => this.#suspend();
    const resume = () => this.#enter();
    // At its end the terminal is gone, and nobody looks any more.
    input.setEncoding('utf8').on('data', keys).on('end', stop);
    output.on('resize', resize);
    signal.addEventListener('abort', stop);
    process.on('exit', leave).on('SIGTSTP', suspend).on('SIGCONT', resume);
    this.#enter();
    return () => {
      process.off('exit', leave).off('SIGTSTP', suspend).off('SIGCONT', resume);
      signal.removeEventListener('abort', stop);
      output.off('resize', resize);
      input.off('data', keys).off('end', stop).pause();
      // Before the screen is left, because Ink repaints its last frame.
      this.#painter.close();
      leave();
    };
  }

  /** Looks and shows until it is stopped; a look that fails leaves the last frame, and is tried again. */
  async run(): Promise<void> {
    const clock = setInterval(() => this.#show(), 1_000);
    try {
      while (!this.#stopped) {
        if (!this.#state.paused) await this.#look();
        await this.#pause(this.#state.everyMs);
      }
    } finally {
      clearInterval(clock);
    }
  }

  get #stopped(): boolean {
    return this.#quit.signal.aborted || this.#options.signal.aborted;
  }

  async #look(): Promise<void> {
    try {
      const sample = await this.#options.watcher.look();
      this.#state = withSample(this.#state, sample);
    } catch (error) {
      if (this.#stopped) return;
      this.#state = { ...this.#state, problem: toBkDbError(error).message };
    }
    this.#state = {
      ...this.#state,
      selected: Math.max(0, Math.min(this.#state.selected, countRows(this.#state) - 1)),
    };
    this.#show();
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    this.#wake = new AbortController();
    await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
  }

  #onKeys(chunk: string): void {
    for (const key of splitKeys(chunk)) {
      const { state, effect } = press(this.#state, key);
      this.#state = state;
      if (effect !== undefined) this.#carryOut(effect);
    }
    this.#show();
  }

  #carryOut(effect: Effect): void {
    if (effect === 'quit') this.#stop();
    else if (effect === 'suspend') this.#suspend();
    else if (effect === 'refresh') this.#wake.abort();
    else void this.#end(effect.end);
  }

  async #end(question: Question): Promise<void> {
    const asked = { ...this.#state, message: `pid ${question.pid} is asked to ${question.how} ...` };
    this.#state = asked;
    const message = await this.#options.watcher.end(question, question.how).then(
      (outcome) => outcomeText(question, outcome),
      (error: unknown) => toBkDbError(error).message,
    );
    this.#state = { ...this.#state, message };
    this.#wake.abort();
    this.#show();
  }

  #stop(): void {
    this.#quit.abort();
    this.#wake.abort();
  }

  #enter(): void {
    this.#options.input.setRawMode(true).resume();
    this.#screen.enter();
    this.#show();
  }

  #leave(): void {
    this.#screen.leave();
    if (this.#options.input.isTTY) this.#options.input.setRawMode(false);
  }

  /** SIGSTOP cannot be caught, so the terminal is given back before. */
  #suspend(): void {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  }

  #show(): void {
    this.#painter.paint(frame(this.#state, this.#screen.size, new Date()));
  }
}
