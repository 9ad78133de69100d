import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';

export default class ServerStop extends BaseCommand {
  static override summary = "stop this project's embedded PostgreSQL; its data stays";
  static override description = describeCommand(
    'Open sessions are ended and their transactions rolled back. No work, and no failure, when it is stopped already. The next command that needs the server starts it again.',
    ['CONFIG_INVALID', 'LOCK_HELD', 'NOT_FOUND', 'PERMISSION', 'IO', 'TIMEOUT'],
  );
  static override examples = ['<%= config.bin %> server stop', '<%= config.bin %> server stop --quiet'];
  static override readonly resultSchema = async () =>
    (await import('../../lib/server/index.js')).serverStopSchema;

  async run() {
    const { flags } = await this.parse(ServerStop);
    const context = await this.context(flags);
    const { stopServer } = await import('../../lib/server/index.js');
    const result = await stopServer(context.serverDeps());
    this.reporter.summary(
      result.action === 'stopped'
        ? `stopped the embedded server; its data stays in ${result.directory}`
        : 'the embedded server was stopped already',
    );
    return result;
  }
}
