import { Args } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { describeCommand } from '../lib/cli/describe.js';
import BkDbHelp from '../lib/cli/help-class.js';
import { unknownCommand } from '../lib/cli/usage-error.js';
import { HELP_TOPICS, helpTopicView } from '../lib/cli/views/help-topics.js';

export default class Help extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../lib/cli/result-schemas.js')).helpSchema;
  static override summary =
    'show the help of a command, or one of the topics exit-codes, environment, formats';
  static override description = describeCommand('Without an argument it lists the commands.', []);
  static override examples = [
    '<%= config.bin %> help config',
    '<%= config.bin %> help exit-codes',
    '<%= config.bin %> help environment',
  ];
  static override strict = false;
  static override args = {
    command: Args.string({ description: 'a command such as `backup list`, or a topic' }),
  };

  async run() {
    const { argv } = await this.parse(Help);
    const words = argv.map(String);
    const topic = HELP_TOPICS.find((name) => words.length === 1 && name === words[0]);
    const text =
      topic === undefined ? await this.#commandHelp(words) : helpTopicView(topic, this.reporter.paint);
    this.reporter.data(text.trimEnd());
    return { topic: words.join(' '), text };
  }

  /** What --help would print. */
  async #commandHelp(words: readonly string[]): Promise<string> {
    const id = words.join(':');
    const known =
      id === '' || this.config.findCommand(id) !== undefined || this.config.findTopic(id) !== undefined;
    if (!known) throw unknownCommand(id, this.config);
    const lines: string[] = [];
    class CollectedHelp extends BkDbHelp {
      protected override log(...texts: string[]): void {
        lines.push(...texts);
      }
    }
    await new CollectedHelp(this.config).showHelp([...words]);
    return lines.join('\n');
  }
}
