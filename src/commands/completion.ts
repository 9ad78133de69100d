import { Args, type Command } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { completionScript, SHELLS, type CompletedCommand } from '../lib/cli/completion/shells.js';
import { describeCommand } from '../lib/cli/describe.js';

export default class Completion extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../lib/cli/result-schemas.js')).completionSchema;
  static override summary = 'print the completion script of a shell';
  static override description = describeCommand(
    'Nothing is written anywhere: put the line of the examples into the start file of your shell.',
    [],
  );
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    'source <(<%= config.bin %> completion zsh)',
    '<%= config.bin %> completion fish | source',
  ];
  static override args = {
    shell: Args.string({ required: true, options: [...SHELLS], description: 'bash, zsh or fish' }),
  };

  async run() {
    const { args } = await this.parse(Completion);
    const shell = SHELLS.find((name) => name === args.shell) ?? 'bash';
    const script = completionScript(shell, this.config.commands.map(completedCommand));
    this.reporter.data(script.trimEnd());
    return { shell, script };
  }
}

function completedCommand(command: Command.Loadable): CompletedCommand {
  const flags = Object.values(command.flags).map((flag) => ({
    name: flag.name,
    summary: flag.summary ?? '',
    takesValue: flag.type === 'option',
    values: flag.type === 'option' ? (flag.options ?? []) : [],
  }));
  return { name: command.id.replaceAll(':', ' '), summary: command.summary ?? '', flags };
}
