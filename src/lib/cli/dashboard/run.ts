import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../core/files.js';
import { toBkDbError } from '../../core/to-error.js';
import type { EndOutcome, Watcher } from '../../health/index.js';
import { plural } from '../format.js';
import type { Paint } from '../terminal.js';
import { frame } from './frame.js';
import { KeyReader } from './key-reader.js';
import { press, type Effect } from './keys.js';
import { InkPainter } from './ink-painter.js';
import { Screen } from './screen.js';
import { asciiLine } from './ascii.js';
import { exportView } from './export-view.js';
import { initialState, withSample, type DashboardState, type Question } from './state.js';
import { TABS } from './tabs/all.js';

export interface DashboardOptions {
  readonly watcher: Pick<Watcher, 'look' | 'end'>;
  readonly place: string;
  readonly everyMs: number;
  readonly readOnly: boolean;
  readonly isAscii: boolean;
  /** Where exported rows are written. */
  readonly cwd: string;
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

/** The pause before looking again for what is being read for the first time. */
const SOON_MS = 300;
/** Terminals drop longer messages. */
const COPIED_CHARACTERS = 50_000;

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
  /** False by NO_COLOR and --no-color, which no theme overrules. */
  readonly #isColored: boolean;
  readonly #quit = new AbortController();
  readonly #keys = new KeyReader();
  #wake = new AbortController();
  /** A look that was asked for, even during a pause. */
  #looksOnce = false;
  #state: DashboardState;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#screen = new Screen(options.output);
    this.#painter = new InkPainter(this.#screen);
    this.#isColored = options.paint('bold', 'x') !== 'x';
    this.#state = initialState({ ...options, size: this.#screen.size, theme: 'dark' });
  }

  /** Takes over screen and keyboard; what is returned gives them back. */
  takeTerminal(): () => void {
    const { input, output, signal } = this.#options;
    const leave = () => this.#leave();
    const stop = () => this.#stop();
    const resize = () => {
      this.#screen.clear();
      this.#state = { ...this.#state, size: this.#screen.size };
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
        if (!this.#state.paused || this.#looksOnce) await this.#lookOrLeave();
        await this.#pause(this.#lacksRows ? Math.min(SOON_MS, this.#state.everyMs) : this.#state.everyMs);
      }
    } finally {
      clearInterval(clock);
    }
  }

  get #stopped(): boolean {
    return this.#quit.signal.aborted || this.#options.signal.aborted;
  }

  /** A look, which is not waited for once somebody wants to leave: a server that hangs must not keep the terminal. */
  async #lookOrLeave(): Promise<void> {
    const { signal } = this.#quit;
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      void this.#look().then(done, done);
    });
  }

  /** True while what the open tab shows is being read for the first time. */
  get #lacksRows(): boolean {
    const { sample, tab, paused } = this.#state;
    const [main] = TABS[tab]?.needs ?? [];
    return (
      !paused && sample !== undefined && main !== undefined && sample.snapshot.sections[main] === undefined
    );
  }

  async #look(): Promise<void> {
    this.#looksOnce = false;
    try {
      const sample = await this.#options.watcher.look(TABS[this.#state.tab]?.needs);
      this.#state = withSample(this.#state, sample);
    } catch (error) {
      if (this.#stopped) return;
      this.#state = { ...this.#state, problem: toBkDbError(error).message };
    }
    this.#show();
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    this.#wake = new AbortController();
    await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
  }

  #onKeys(chunk: string): void {
    for (const key of this.#keys.read(chunk)) {
      const { state, effect } = press(this.#state, key);
      // What the tab shows may not have been read yet.
      if (state.tab !== this.#state.tab && !state.paused) this.#wake.abort();
      this.#state = state;
      if (effect !== undefined) this.#carryOut(effect);
    }
    this.#show();
  }

  #carryOut(effect: Effect): void {
    if (effect === 'quit') this.#stop();
    else if (effect === 'suspend') this.#suspend();
    else if (effect === 'refresh') this.#lookNow();
    else if ('copy' in effect) this.#copy(effect.copy);
    else if ('save' in effect) void this.#save(effect.save);
    else void this.#end(effect.end);
  }

  /** OSC 52 reaches the clipboard through ssh and tmux, where the terminal allows it; there is no answer. */
  #copy(text: string): void {
    const cut = text.slice(0, COPIED_CHARACTERS);
    this.#options.output.write(`\u001b]52;c;${Buffer.from(cut).toString('base64')}\u0007`);
    this.#say(`${plural(cut.length, 'character')} sent to the clipboard (OSC 52)`);
  }

  async #save(form: 'json' | 'csv'): Promise<void> {
    const { fileName, text, rows } = exportView(this.#state, form, new Date());
    const path = join(this.#options.cwd, fileName);
    const message = await writeFileAtomic(path, text).then(
      () => `${plural(rows, 'row')} written to ${path}`,
      (error: unknown) => toBkDbError(error).message,
    );
    this.#say(message);
  }

  #lookNow(): void {
    this.#looksOnce = true;
    this.#wake.abort();
  }

  #say(message: string): void {
    this.#state = { ...this.#state, message };
    this.#show();
  }

  async #end(question: Question): Promise<void> {
    this.#say(`${question.how} pid ${question.pid} ...`);
    const message = await this.#options.watcher.end(question, question.how).then(
      (outcome) => outcomeText(question, outcome),
      (error: unknown) => toBkDbError(error).message,
    );
    this.#lookNow();
    this.#say(message);
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
    const { isAscii, theme } = this.#state;
    const lines = frame(this.#state, new Date());
    this.#painter.paint(isAscii ? lines.map(asciiLine) : lines, this.#isColored ? theme : undefined);
  }
}
