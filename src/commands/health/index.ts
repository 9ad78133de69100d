import { Flags } from '@oclif/core';
import { resolve } from 'node:path';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Context } from '../../lib/cli/context.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { dirFlag, durationFlag, migrationsDirFlag } from '../../lib/cli/flags.js';
import { healthDeps } from '../../lib/cli/health-run.js';
import { healthView, markdownView, nagiosView } from '../../lib/cli/views/health.js';
import { EXIT_STATUSES, InterruptedError } from '../../lib/core/errors.js';
import { toBkDbError } from '../../lib/core/to-error.js';

const DEFAULT_EVERY_MS = 2_000;

/** What a monitoring plugin's exit status says. */
const NAGIOS = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

export default class HealthCommand extends BaseCommand {
  static override summary = 'look at the server once and give one verdict';
  static override description = describeCommand(
    'Runs every check over one connection, in read-only transactions that never wait long for a lock, and says what to do about what it finds. What the role may not see is unknown, never ok. With --format nagios the exit status is 0 ok, 1 warning, 2 critical or not reachable, 3 unknown.',
    [...CONNECTING, 'FINDINGS', 'NOT_FOUND'],
  );
  static override examples = [
    '<%= config.bin %> health',
    '<%= config.bin %> health --fail-on warn --json',
    '<%= config.bin %> health --diagnose',
    '<%= config.bin %> health --watch',
    '<%= config.bin %> health --only conn.used,lock.blocked',
    '<%= config.bin %> health --threshold conn.used=70:85 --threshold txn.longest=10m:1h',
    '<%= config.bin %> health --accept known.txt --baseline monday.json --fail-on warn',
    '<%= config.bin %> health --format nagios',
    '<%= config.bin %> health explain lock.blocked',
  ];
  static override flags = {
    format: Flags.option({
      options: ['table', 'json', 'nagios', 'markdown'] as const,
      default: 'table',
      summary: 'form of the report; json is the same as --json',
    })(),
    only: Flags.string({
      helpValue: 'ID',
      summary: 'run only these checks',
      multiple: true,
      delimiter: ',',
    }),
    watch: Flags.boolean({
      summary: 'live screen; without a terminal one line per look',
      exclusive: ['json', 'format', 'only', 'diagnose', 'threshold', 'accept', 'baseline'],
    }),
    every: durationFlag({ summary: 'pause between looks (default 2s)', dependsOn: ['watch'] }),
    'read-only': Flags.boolean({ summary: 'the live screen cancels and ends nothing', dependsOn: ['watch'] }),
    ascii: Flags.boolean({ summary: 'the live screen uses ASCII alone', dependsOn: ['watch'] }),
    diagnose: Flags.boolean({ summary: 'also compare indexes and foreign keys, which takes longer' }),
    dir: dirFlag,
    'migrations-dir': migrationsDirFlag,
    threshold: Flags.string({
      helpValue: 'ID=WARNING:CRITICAL',
      summary: 'other limits for a check; `health explain ID` tells its own',
      multiple: true,
    }),
    accept: Flags.string({
      helpValue: 'FILE',
      summary: 'checks that are known and do not decide: `ID [until YYYY-MM-DD] REASON` on each line',
    }),
    baseline: Flags.string({
      helpValue: 'FILE',
      summary: 'report of an earlier `health --json`: only what is worse than then decides',
    }),
    'fail-on': Flags.option({
      options: ['warn', 'critical', 'never'] as const,
      default: 'critical',
      summary: 'end with 4 from this level on',
    })(),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/health/index.js')).healthReportSchema;

  /** `--format json` is `--json` said otherwise; the base class looks for the latter. */
  constructor(...[argv, config]: ConstructorParameters<typeof BaseCommand>) {
    super(asksFor('json', argv) && !argv.includes('--json') ? ['--json', ...argv] : argv, config);
  }

  async run() {
    if (!asksFor('nagios', this.argv) || this.argv.includes('--json')) return this.#report();
    try {
      return await this.#report();
    } catch (thrown) {
      if (thrown instanceof InterruptedError) throw thrown;
      this.#pluginFailure(thrown);
      return undefined;
    }
  }

  async #report() {
    const { flags } = await this.parse(HealthCommand);
    if (flags.watch)
      return this.#watch(await this.context(flags), {
        everyMs: flags.every ?? DEFAULT_EVERY_MS,
        readOnly: flags['read-only'],
        isAscii: flags.ascii,
      });
    const { acceptFindings, checkHealth, fails, parseThresholds } = await import('../../lib/health/index.js');
    const context = await this.context(flags);
    const found = await checkHealth(await healthDeps(context), {
      only: flags.only ?? [],
      diagnose: flags.diagnose,
      thresholds: parseThresholds(flags.threshold ?? []),
    });
    const report = await acceptFindings(found, {
      acceptFile: fileOf(context, flags.accept),
      baselineFile: fileOf(context, flags.baseline),
      now: context.now(),
      onWarning: (text) => this.reporter.warn(text),
    });
    if (flags.format === 'nagios') {
      this.reporter.data(nagiosView(report));
      this.endWith(NAGIOS[report.verdict.status]);
      return report;
    }
    this.reporter.data(
      flags.format === 'markdown' ? markdownView(report) : healthView(report, this.reporter.paint),
    );
    if (fails(report.verdict.status, flags['fail-on'])) this.endWith(EXIT_STATUSES.FINDINGS);
    return report;
  }

  async #watch(
    context: Context,
    look: { readonly everyMs: number; readonly readOnly: boolean; readonly isAscii: boolean },
  ): Promise<undefined> {
    const [{ Watcher }, { watchHealth }] = await Promise.all([
      import('../../lib/health/index.js'),
      import('../../lib/cli/dashboard/index.js'),
    ]);
    const deps = await healthDeps(context);
    const watcher = new Watcher(deps);
    try {
      await watchHealth(watcher, {
        reporter: this.reporter,
        target: deps.target,
        signal: context.signal,
        cwd: context.cwd,
        ...look,
      });
    } finally {
      await watcher.close();
    }
    return undefined;
  }

  /** A plugin says what went wrong in its one line: a dead server is critical, all else unknown. */
  #pluginFailure(thrown: unknown): void {
    const error = toBkDbError(thrown);
    const dead = error.code === 'CONNECTION_FAILED';
    this.reporter.data(`BK-DB ${dead ? 'CRITICAL' : 'UNKNOWN'} - ${error.message.replaceAll('|', '/')}`);
    this.endWith(dead ? NAGIOS.critical : NAGIOS.unknown);
  }
}

function fileOf({ cwd }: Context, file: string | undefined): string | undefined {
  return file === undefined ? undefined : resolve(cwd, file);
}

function asksFor(format: string, argv: readonly string[]): boolean {
  return argv.some(
    (arg, index) => arg === `--format=${format}` || (arg === format && argv[index - 1] === '--format'),
  );
}
