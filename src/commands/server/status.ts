import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { serverStatusView } from '../../lib/cli/views/server.js';

export default class ServerStatus extends BaseCommand {
  static override summary = "tell what there is of this project's embedded PostgreSQL, and where";
  static override description = describeCommand(
    'The state is absent (never created), stopped, starting or running. Nothing is started or changed.',
    ['CONFIG_INVALID', 'IO'],
  );
  static override examples = ['<%= config.bin %> server status', '<%= config.bin %> server status --json'];
  static override readonly resultSchema = async () =>
    (await import('../../lib/server/index.js')).serverStatusSchema;

  async run() {
    const { flags } = await this.parse(ServerStatus);
    const context = await this.context(flags);
    const { serverStatus } = await import('../../lib/server/index.js');
    const status = await serverStatus(context.serverDeps());
    this.reporter.data(serverStatusView(status, this.reporter.paint));
    return status;
  }
}
