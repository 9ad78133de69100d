import { Args } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { describeCommand } from '../lib/cli/describe.js';
import { envelopeSchema } from '../lib/cli/envelope-schema.js';
import { BkDbError } from '../lib/core/errors.js';

export default class Schema extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../lib/cli/result-schemas.js')).schemaSchema;
  static override summary = "print the JSON schema of a command's --json output";
  static override description = describeCommand(
    'The schema describes the whole document, success and failure. Fields may be added in later versions; none is removed.',
    ['NOT_FOUND'],
  );
  static override examples = ['<%= config.bin %> schema config', '<%= config.bin %> schema backup list'];
  static override strict = false;
  static override args = {
    command: Args.string({ required: true, description: 'the command, such as `backup list`' }),
  };

  async run() {
    const { argv } = await this.parse(Schema);
    const words = argv.map(String);
    const command = this.config.findCommand(words.join(':'));
    const loaded =
      command === undefined ? undefined : ((await command.load()) as unknown as typeof BaseCommand);
    if (loaded?.resultSchema === undefined) {
      throw new BkDbError('NOT_FOUND', `no schema is published for "${words.join(' ')}"`, {
        hint: 'Run `bk-db --help` for the list of commands.',
      });
    }
    const schema = envelopeSchema(words.join(' '), await loaded.resultSchema());
    this.reporter.data(JSON.stringify(schema, undefined, 2));
    return { schema };
  }
}
