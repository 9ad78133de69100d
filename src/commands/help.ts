import { Args, loadHelpClass } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { describeCommand } from '../lib/cli/describe.js';
import { HELP_TOPICS, helpTopicView } from '../lib/cli/views/help-topics.js';

export default class Help extends BaseCommand {
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
    if (topic !== undefined) {
      this.reporter.data(helpTopicView(topic, this.reporter.paint));
      return { topic };
    }
    const HelpClass = await loadHelpClass(this.config);
    await new HelpClass(this.config, this.config.pjson['helpOptions']).showHelp(words);
    return { topic: words.join(' ') };
  }
}
