import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';

export default class ServerUrl extends BaseCommand {
  static override summary = "print the connection URL of this project's embedded PostgreSQL";
  static override description = describeCommand(
    'The URL works with psql, with every libpq program and with --url. It names the password file instead of the password, so it may be shown.',
    ['CONFIG_INVALID', 'NOT_FOUND', 'IO'],
  );
  static override examples = [
    'psql "$(<%= config.bin %> server url)"',
    '<%= config.bin %> health --url "$(<%= config.bin %> server url)"',
    '<%= config.bin %> backup --url "$(<%= config.bin %> server url --database postgres)"',
  ];
  static override flags = {
    database: Flags.string({
      helpValue: 'NAME',
      summary: "a database of the server (default: the project's)",
    }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/server/index.js')).serverUrlSchema;

  async run() {
    const { flags } = await this.parse(ServerUrl);
    const context = await this.context(flags);
    const { serverUrl } = await import('../../lib/server/index.js');
    const result = await serverUrl(context.serverDeps(), flags.database);
    if (result.state === 'stopped') {
      this.reporter.warn('the embedded server is stopped; `bk-db server start` starts it');
    }
    this.reporter.data(result.url);
    return result;
  }
}
