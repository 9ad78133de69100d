import { resolve } from 'node:path';
import { Command } from '@oclif/core';
import type { ZodType } from 'zod';
import type { LogFormat } from '../core/config/index.js';
import { EXIT_STATUSES, InterruptedError, type BkDbError } from '../core/errors.js';
import { toBkDbError } from '../core/to-error.js';
import { Context } from './context.js';
import type { Envelope } from './envelope.js';
import { globalFlags } from './flags.js';
import { guardOutput } from './output-guard.js';
import { Reporter } from './reporter.js';
import { watchStopSignals } from './signals.js';
import { isUsageFailure, usageError } from './usage-error.js';

/**
 * What every command shares: the global flags, one way out with one exit status (oclif alone has two, which
 * disagree), the JSON envelope, signals, and the closing of whatever was opened.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = globalFlags;

  /** The schema of `data` in this command's JSON; loaded on demand by `bk-db schema`. */
  static readonly resultSchema?: () => Promise<ZodType>;

  protected readonly reporter: Reporter;
  readonly #stop = watchStopSignals();
  #context: Context | undefined;
  #exitStatus = 0;
  #reportFile: string | undefined;

  constructor(...args: ConstructorParameters<typeof Command>) {
    super(...args);
    guardOutput();
    const words = this.argv.slice(0, endOfFlags(this.argv));
    const given = (flag: string) => words.includes(flag);
    this.reporter = new Reporter({
      command: (this.id ?? '').replaceAll(':', ' '),
      json: given('--json'),
      quiet: given('--quiet'),
      verbose: given('--verbose'),
      noColor: given('--no-color'),
      logFormat: earlyLogFormat(words, process.env),
      env: process.env,
      stdout: process.stdout,
      stderr: process.stderr,
    });
  }

  /** What the command hands to features, made from its parsed flags. */
  protected async context(flags: Readonly<Record<string, unknown>>): Promise<Context> {
    this.#reportFile = typeof flags['report'] === 'string' ? resolve(flags['report']) : undefined;
    this.#context = await Context.create({
      flags,
      env: process.env,
      cwd: process.cwd(),
      packageRoot: this.config.root,
      reporter: this.reporter,
      signal: this.#stop.signal,
    });
    this.reporter.logFormat = this.#context.config.logFormat;
    return this.#context;
  }

  /** Ends with this status although the work was done, such as 4 for findings. */
  protected endWith(exitStatus: number): void {
    this.#exitStatus = exitStatus;
  }

  protected override async _run<T>(): Promise<T> {
    try {
      const data: unknown = await this.run();
      await this.#context?.close();
      const envelope = this.reporter.success(data, this.#exitStatus);
      process.exitCode = this.#exitStatus;
      await this.#writeReport(envelope);
      return data as T;
    } catch (thrown) {
      await this.#context?.close();
      const error = this.#translate(thrown);
      const envelope = this.reporter.failure(error);
      process.exitCode = error.exitStatus;
      await this.#writeReport(envelope);
      return undefined as T;
    } finally {
      this.#stop.release();
    }
  }

  /** What the command did is done: a report that cannot be written is a warning, and the status of a success becomes IO. */
  async #writeReport(envelope: Envelope): Promise<void> {
    const file = this.#reportFile;
    if (file === undefined) return;
    try {
      const { writeFileAtomic } = await import('../core/files.js');
      await writeFileAtomic(file, `${JSON.stringify(envelope, undefined, 2)}\n`);
    } catch (error) {
      this.reporter.warn(`the report could not be written: ${toBkDbError(error).message}`);
      if (process.exitCode === 0) process.exitCode = EXIT_STATUSES.IO;
    }
  }

  #translate(thrown: unknown): BkDbError {
    const reason: unknown = this.#stop.signal.reason;
    if (this.#stop.signal.aborted && reason instanceof InterruptedError) return reason;
    return isUsageFailure(thrown) ? usageError(thrown, this.id ?? '', this.config) : toBkDbError(thrown);
  }
}

/** The form of the lines until the configuration is read, and of those that say why it cannot be. */
function earlyLogFormat(words: readonly string[], env: NodeJS.ProcessEnv): LogFormat {
  const at = words.findLastIndex((word) => word === '--log-format' || word.startsWith('--log-format='));
  const flag = words[at]?.split('=')[1] ?? (at === -1 ? undefined : words[at + 1]);
  return (flag ?? env['BK_DB_LOG_FORMAT']) === 'json' ? 'json' : 'text';
}

function endOfFlags(argv: readonly string[]): number {
  const end = argv.indexOf('--');
  return end === -1 ? argv.length : end;
}
