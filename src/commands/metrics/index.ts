import { Flags } from '@oclif/core';
import { resolve } from 'node:path';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { dirFlag, migrationsDirFlag } from '../../lib/cli/flags.js';
import { healthDeps } from '../../lib/cli/health-run.js';

export default class MetricsCommand extends BaseCommand {
  static override summary = 'print metrics of the server for Prometheus';
  static override description = describeCommand(
    'Looks at the server once, as `health` does, and prints Prometheus text, or writes it to a file for the textfile collector of node_exporter. When the server is not reachable it prints bk_db_up 0 all the same, and then fails.',
    [...CONNECTING, 'NOT_FOUND', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> metrics',
    '<%= config.bin %> metrics --textfile /tmp/bk_db.prom',
    '<%= config.bin %> metrics --json',
  ];
  static override flags = {
    textfile: Flags.string({ helpValue: 'FILE', summary: 'write to this file, atomically' }),
    dir: dirFlag,
    'migrations-dir': migrationsDirFlag,
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/metrics/index.js')).metricsResultSchema;

  async run() {
    const { flags } = await this.parse(MetricsCommand);
    const { observe, renderMetrics, writeTextfile } = await import('../../lib/metrics/index.js');
    const context = await this.context(flags);
    const observation = await observe(await healthDeps(context));
    const { text, series } = await renderMetrics(observation);
    const textfile = flags.textfile === undefined ? null : resolve(context.cwd, flags.textfile);
    if (textfile === null) this.reporter.data(text.trimEnd());
    else await writeTextfile(textfile, text);
    if ('error' in observation) throw observation.error;
    if (textfile !== null) this.reporter.summary(`wrote ${series} series to ${textfile}`);
    return { up: true, series, textfile, text: textfile === null ? text : null };
  }
}
