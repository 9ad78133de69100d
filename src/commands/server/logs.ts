import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { printable } from '../../lib/cli/terminal.js';

export default class ServerLogs extends BaseCommand {
  static override summary = "print the end of the log of this project's embedded PostgreSQL";
  static override description = describeCommand('The oldest line comes first, the newest last.', [
    'CONFIG_INVALID',
    'NOT_FOUND',
    'IO',
  ]);
  static override examples = [
    '<%= config.bin %> server logs',
    '<%= config.bin %> server logs --lines 200 | grep ERROR',
  ];
  static override flags = {
    lines: Flags.integer({ char: 'n', default: 50, min: 0, helpValue: 'N', summary: 'how many lines' }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/server/index.js')).serverLogsSchema;

  async run() {
    const { flags } = await this.parse(ServerLogs);
    const context = await this.context(flags);
    const { serverLogs } = await import('../../lib/server/index.js');
    const logs = await serverLogs(context.serverDeps(), { lines: flags.lines });
    for (const line of logs.lines) this.reporter.data(printable(line));
    return logs;
  }
}
