import { Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../lib/cli/describe.js';
import { durationFlag } from '../lib/cli/flags.js';
import { maintainView } from '../lib/cli/views/maintain.js';

export default class Maintain extends BaseCommand {
  static override summary = 'create partitions ahead and drop expired ones';
  static override description = describeCommand(
    'For cron: applies the policies of bk.partition_policies to the partitioned tables of the BrahminyKite schema, all in one transaction. Rows that waited in a default partition move into their own; what a dropped append-only partition held is sealed in bk.partition_seals. --dry-run does the same and rolls it back.',
    [...CONNECTING, 'NOT_FOUND', 'TIMEOUT'],
  );
  static override examples = [
    '<%= config.bin %> maintain',
    '<%= config.bin %> maintain --dry-run',
    '<%= config.bin %> maintain --lock-timeout 500ms --quiet',
  ];
  static override flags = {
    'dry-run': Flags.boolean({ summary: 'report what would be done, and roll it back' }),
    'lock-timeout': durationFlag({
      summary: 'wait this long for a table in use (default 2s; 0 no limit); its writers wait as well',
    }),
  };
  static override readonly resultSchema = async () =>
    (await import('../lib/maintain/index.js')).maintainResultSchema;

  async run() {
    const { flags } = await this.parse(Maintain);
    const context = await this.context(flags);
    const { maintain } = await import('../lib/maintain/index.js');
    const result = await maintain(
      { target: await context.target(), signal: context.signal, onProgress: this.reporter.progress },
      { dryRun: flags['dry-run'], lockTimeoutMs: flags['lock-timeout'] },
    );
    for (const table of result.missing)
      this.reporter.warn(`table ${table} has a partition policy but does not exist`);
    const view = maintainView(result, this.reporter.paint);
    if (result.dryRun) this.reporter.data(view);
    else this.reporter.summary(view);
    return result;
  }
}
