import { loadConfig, type Config, type Environment, type SettingName } from '../core/config/index.js';
import type { ConnectionTarget } from '../core/connection.js';
import type { Database } from '../core/database.js';
import { BkDbError } from '../core/errors.js';
import type { PgStreamDeps } from '../core/pg-tools.js';
import type { RunTool } from '../core/process.js';
import { FLAG_SETTINGS } from './flags.js';
import type { Reporter } from './reporter.js';

export interface ContextOptions {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Environment;
  readonly cwd: string;
  /** Where the package is installed; `sql/migrations` lies in it. */
  readonly packageRoot: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** The composition root: everything a command hands to features is made here, and closed here. */
export class Context {
  readonly config: Config;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly env: Environment;
  readonly cwd: string;
  readonly packageRoot: string;
  readonly #open: Database[] = [];
  #runTool: Promise<RunTool> | undefined;

  private constructor(config: Config, options: ContextOptions) {
    this.config = config;
    this.reporter = options.reporter;
    this.signal = options.signal;
    this.env = options.env;
    this.cwd = options.cwd;
    this.packageRoot = options.packageRoot;
  }

  static async create(options: ContextOptions): Promise<Context> {
    const { env, cwd } = options;
    const config = await loadConfig({
      flags: settingsOfFlags(options.flags),
      env,
      cwd,
      envFile: textFlag(options.flags, 'env-file'),
      configFile: textFlag(options.flags, 'config'),
    });
    for (const warning of config.warnings) options.reporter.warn(warning);
    return new Context(config, options);
  }

  readonly now = (): Date => new Date();

  /** Starts programs; loaded when first needed, because execa is heavy. */
  async runTool(): Promise<RunTool> {
    this.#runTool ??= import('../core/process.js').then(({ createRunTool }) => createRunTool(this.env));
    return this.#runTool;
  }

  async pgTools(): Promise<PgStreamDeps> {
    const { createOpenTool } = await import('../core/process.js');
    const { env, config } = this;
    return { runTool: await this.runTool(), openTool: createOpenTool(env), env, pgBin: config.pgBin };
  }

  /**
   * The configured database; with nothing configured the embedded server's, which is started when it is stopped
   * and, with `create`, made when there is none.
   * @throws BkDbError CONFIG_INVALID when there is neither.
   */
  async target({ create = false }: { readonly create?: boolean } = {}): Promise<ConnectionTarget> {
    if (this.config.target !== undefined) return this.config.target;
    this.assertEmbeddedAllowed();
    const { startServer, useEmbeddedServer } = await import('../server/index.js');
    const deps = this.serverDeps();
    if (create) await startServer(deps, { onProgress: this.reporter.progress });
    const target = await useEmbeddedServer(deps);
    this.reporter.note('no database is configured: using the embedded server; set DATABASE_URL to use yours');
    return target;
  }

  /** Runs the work with a server that exists only meanwhile. */
  async withScratchServer<T>(work: (target: ConnectionTarget) => Promise<T>): Promise<T> {
    const { withScratchServer } = await import('../server/index.js');
    return withScratchServer({ ...this.serverDeps(), onProgress: this.reporter.progress }, work);
  }

  /** @throws BkDbError CONFIG_INVALID when BK_DB_EMBEDDED forbids the embedded server. */
  assertEmbeddedAllowed(): void {
    if (this.config.embeddedAllowed) return;
    throw new BkDbError('CONFIG_INVALID', 'the embedded server is forbidden by BK_DB_EMBEDDED', {
      hint: 'Set DATABASE_URL, the PG* variables, or --url.',
    });
  }

  /** What the embedded server's functions need; a server that runs needs no program, so execa is not loaded yet. */
  serverDeps() {
    const runTool: RunTool = async (tool, options) => (await this.runTool())(tool, options);
    const { pgBin, home } = this.config;
    return { runTool, env: this.env, pgBin, home, cwd: this.cwd, signal: this.signal };
  }

  /** Opens the configured database, or another one on the same server; it is closed with the command. */
  async open(target?: ConnectionTarget): Promise<Database> {
    // Loaded here, because postgres.js is as large as all the rest of a light command.
    const { openDatabase } = await import('../core/database.js');
    const database = await openDatabase(target ?? (await this.target()), {
      pool: this.config.pool,
      signal: this.signal,
      onNotice: ({ severity, message }) => {
        this.reporter.detail(`${severity.toLowerCase()}: ${message}`);
      },
    });
    this.#open.push(database);
    return database;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((database) => database.close()));
  }
}

function settingsOfFlags(flags: Readonly<Record<string, unknown>>) {
  const settings: Partial<Record<SettingName, { text: string; flag: string }>> = {};
  for (const [flag, setting] of Object.entries(FLAG_SETTINGS)) {
    const text = textFlag(flags, flag);
    if (text !== undefined) settings[setting] = { text, flag };
  }
  return settings;
}

function textFlag(flags: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}
