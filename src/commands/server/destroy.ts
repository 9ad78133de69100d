import { BaseCommand } from '../../lib/cli/base-command.js';
import { confirmDestructive } from '../../lib/cli/confirm.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { yesFlag } from '../../lib/cli/flags.js';

export default class ServerDestroy extends BaseCommand {
  static override summary = "stop this project's embedded PostgreSQL and remove it with all its data";
  static override description = describeCommand(
    'All its databases are gone for good. It asks at a terminal; without one it needs --yes. Backups are not touched.',
    ['CONFIG_INVALID', 'LOCK_HELD', 'NOT_FOUND', 'PERMISSION', 'IO', 'TIMEOUT'],
  );
  static override examples = [
    '<%= config.bin %> server destroy --yes',
    '<%= config.bin %> backup && <%= config.bin %> server destroy --yes',
  ];
  static override flags = { yes: yesFlag };
  static override readonly resultSchema = async () =>
    (await import('../../lib/server/index.js')).serverDestroySchema;

  async run() {
    const { flags } = await this.parse(ServerDestroy);
    const context = await this.context(flags);
    const { destroyServer, requireServer } = await import('../../lib/server/index.js');
    const deps = context.serverDeps();
    const { directory, projectRoot } = await requireServer(deps);
    await confirmDestructive({
      question: `Remove the embedded server of ${projectRoot} with all its databases (${directory})?`,
      yes: flags.yes,
      input: process.stdin,
      output: process.stderr,
      signal: context.signal,
    });
    const result = await destroyServer(deps);
    this.reporter.summary(`removed the embedded server and its data from ${result.directory}`);
    return result;
  }
}
