import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { durationFlag } from '../../lib/cli/flags.js';
import { serverStatusView } from '../../lib/cli/views/server.js';
import { describeTarget } from '../../lib/core/connection.js';

export default class ServerStart extends BaseCommand {
  static override summary = "start this project's embedded PostgreSQL, creating it when there is none";
  static override description = describeCommand(
    'One server per project; it listens on a private Unix socket only, and runs until `bk-db server stop`. It has the database postgres; `bk-db init` creates the database bk.',
    ['CONFIG_INVALID', 'LOCK_HELD', 'TOOL_MISSING', 'TOOL_FAILED', 'PERMISSION', 'IO'],
  );
  static override examples = ['<%= config.bin %> server start', '<%= config.bin %> server start --json'];
  static override flags = {
    wait: durationFlag({
      default: 60_000,
      defaultHelp: async () => Promise.resolve('1m'),
      summary: 'wait this long for another start or stop to end',
    }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/server/index.js')).serverStartSchema;

  async run() {
    const { flags } = await this.parse(ServerStart);
    const context = await this.context(flags);
    context.assertEmbeddedAllowed();
    const { startServer } = await import('../../lib/server/index.js');
    const result = await startServer(context.serverDeps(), {
      lockWaitMs: flags.wait,
      onProgress: this.reporter.progress,
    });
    this.reporter.summary(serverStatusView(result, this.reporter.paint));
    this.reporter.note(NOTES[result.action]);
    const { target } = context.config;
    if (target !== undefined) {
      this.reporter.warn(`commands use ${describeTarget(target)}, which is configured, and not this server`);
    }
    return result;
  }
}

const NOTES = {
  created: 'created and started the embedded server; `bk-db init` creates its database bk',
  started: 'started the embedded server',
  none: 'the embedded server was running already',
} as const;
