import type { BkDbError } from '../core/errors.js';
import type { OnProgress, ProgressEvent } from '../core/progress.js';
import { failureEnvelope, successEnvelope, type FailureEnvelope, type SuccessEnvelope } from './envelope.js';
import { failureText } from './failure-text.js';
import { formatBytes, formatCount, formatDuration } from './format.js';
import type { LogFormat } from '../core/config/index.js';
import { paintFor, printable, type OutputStream, type Paint } from './terminal.js';
import type { Environment } from '../core/config/index.js';

export interface ReporterOptions {
  readonly command: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly noColor: boolean;
  readonly logFormat: LogFormat;
  readonly env: Environment;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

const PLAIN_PROGRESS_INTERVAL_MS = 10_000;
const TERMINAL_PROGRESS_INTERVAL_MS = 100;

/**
 * The one place that writes. Data goes to stdout, everything said about it to stderr; with --json stdout gets
 * exactly one document. --quiet leaves warnings, errors and the data that was asked for.
 */
export class Reporter {
  readonly paint: Paint;
  /** Form of the lines on stderr; set again when the configuration is known. */
  logFormat: LogFormat;
  readonly #paintError: Paint;
  readonly #options: ReporterOptions;
  readonly #warnings: string[] = [];
  #progressShown = false;
  #lastProgress = Date.now();

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.logFormat = options.logFormat;
    this.paint = paintFor(options.stdout, options.env, options.noColor);
    this.#paintError = paintFor(options.stderr, options.env, options.noColor);
  }

  /** Columns of the terminal on stdout, or undefined in a pipe. */
  get columns(): number | undefined {
    return this.#options.stdout.isTTY === true ? this.#options.stdout.columns : undefined;
  }

  /** The data that was asked for, as a person reads it. */
  data(text: string): void {
    if (this.#options.json) return;
    this.#clearProgress();
    this.#options.stdout.write(`${text}\n`);
  }

  /** What an action did: data for a person at a terminal, silence with --quiet. */
  summary(text: string): void {
    if (!this.#options.quiet) this.data(text);
  }

  note(text: string): void {
    if (!this.#options.quiet) this.#say('info', text, (line) => line);
  }

  /** Said only with --verbose. */
  detail(text: string): void {
    if (this.#options.verbose) this.#say('debug', text, (line) => this.#paintError('dim', line));
  }

  warn(text: string): void {
    this.#warnings.push(text);
    this.#say('warning', text, (line) => `${this.#paintError('yellow', 'warning:')} ${line}`);
  }

  /** A moving line on a terminal, a line every ten seconds elsewhere, nothing with --quiet. */
  readonly progress: OnProgress = (event) => {
    if (this.#options.quiet) return;
    const terminal = this.#options.stderr.isTTY === true && this.logFormat === 'text';
    const interval = terminal ? TERMINAL_PROGRESS_INTERVAL_MS : PLAIN_PROGRESS_INTERVAL_MS;
    if (Date.now() - this.#lastProgress < interval) return;
    this.#lastProgress = Date.now();
    const line = printable(progressLine(event));
    if (!terminal) {
      this.#say('progress', line, (text) => text);
      return;
    }
    const width = (this.#options.stderr.columns ?? 80) - 1;
    this.#options.stderr.write(`\r\u001b[K${line.slice(0, width)}`);
    this.#progressShown = true;
  };

  /** The end of a command that did its work. Returns what --json prints. */
  success(data: unknown, exitStatus: number): SuccessEnvelope {
    this.#clearProgress();
    const envelope = successEnvelope(this.#options.command, data, this.#warnings, exitStatus);
    if (this.#options.json) this.#document(envelope);
    return envelope;
  }

  /** The end of a command that failed. Returns what --json prints. */
  failure(error: BkDbError): FailureEnvelope {
    this.#clearProgress();
    const { json, stderr, verbose } = this.#options;
    const envelope = failureEnvelope(this.#options.command, error);
    if (json) this.#document(envelope);
    else if (this.logFormat === 'json')
      this.#log('error', error.message, { code: error.code, hint: error.hint });
    else stderr.write(failureText(error, this.#paintError));
    if (verbose && error.cause instanceof Error)
      stderr.write(`${error.cause.stack ?? error.cause.message}\n`);
    return envelope;
  }

  #document(envelope: unknown): void {
    this.#options.stdout.write(`${JSON.stringify(envelope, undefined, 2)}\n`);
  }

  #say(level: string, text: string, style: (line: string) => string): void {
    this.#clearProgress();
    if (this.logFormat === 'json') this.#log(level, text);
    else this.#options.stderr.write(`${style(printable(text))}\n`);
  }

  #log(level: string, message: string, extra: object = {}): void {
    const line = { time: new Date().toISOString(), level, command: this.#options.command, message, ...extra };
    this.#options.stderr.write(`${JSON.stringify(line)}\n`);
  }

  #clearProgress(): void {
    if (this.#progressShown) this.#options.stderr.write('\r\u001b[K');
    this.#progressShown = false;
  }
}

function progressLine(event: ProgressEvent): string {
  const { phase, done, total, unit, bytes, bytesPerSecond, remainingMs } = event;
  if (done === undefined) return phase;
  const show = (value: number) => (unit === 'bytes' ? formatBytes(value) : formatCount(value));
  const noun = unit === undefined || unit === 'bytes' ? '' : ` ${unit}`;
  const more = [
    bytes === undefined ? '' : `, ${formatBytes(bytes)}`,
    bytesPerSecond === undefined ? '' : `, ${formatBytes(bytesPerSecond)}/s`,
    remainingMs === undefined ? '' : `, ${formatDuration(Math.ceil(remainingMs / 1_000) * 1_000)} left`,
  ].join('');
  if (total === undefined || total === 0) return `${phase}: ${show(done)}${noun}${more}`;
  return `${phase}: ${show(done)} of ${show(total)}${noun} (${Math.floor((done / total) * 100)} %)${more}`;
}
