import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../lib/cli/describe.js';
import { grantsView, lackingView } from '../lib/cli/views/grants.js';
import { BkDbError, EXIT_STATUSES } from '../lib/core/errors.js';
import { TASKS, type Task } from '../lib/grants/types.js';

export default class GrantsCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../lib/grants/index.js')).grantsResultSchema;
  static override summary = 'print the statements that give a role what a task needs, or see what it lacks';
  static override description = describeCommand(
    `Tasks are ${TASKS.join(', ')}; without any, all of them. Prints a script for psql that a superuser runs; nothing is granted here. With --check it asks the server what the connected role lacks, and ends with 4 when that is anything.`,
    [...CONNECTING, 'FINDINGS'],
  );
  static override examples = [
    '<%= config.bin %> grants backup health --role nightly | psql shop',
    '<%= config.bin %> grants --check',
    '<%= config.bin %> grants backup --check --json',
  ];
  static override strict = false;
  static override args = { task: Args.string({ description: `what the role is for: ${TASKS.join(', ')}` }) };
  static override flags = {
    role: Flags.string({ helpValue: 'ROLE', summary: 'for whom (default: the configured role)' }),
    check: Flags.boolean({ summary: 'see what the connected role lacks', exclusive: ['role'] }),
  };

  async run() {
    const { argv, flags } = await this.parse(GrantsCommand);
    const tasks = argv.length === 0 ? [...TASKS] : argv.map(taskOf);
    const context = await this.context(flags);
    const { findLacking, grantStatements } = await import('../lib/grants/index.js');
    const { user, database } = await context.target();
    const role = flags.role ?? user;
    const lacking = flags.check ? await findLacking((await context.open()).sql, tasks) : null;
    const result = { role, database, tasks: grantStatements(tasks, { role, database }), lacking };
    this.reporter.data(lacking === null ? grantsView(result) : lackingView(result, this.reporter.paint));
    if (lacking !== null && lacking.length > 0) this.endWith(EXIT_STATUSES.FINDINGS);
    return result;
  }
}

function taskOf(text: unknown): Task {
  const task = TASKS.find((name) => name === text);
  if (task !== undefined) return task;
  throw new BkDbError('USAGE', `there is no task ${String(text)}`, {
    hint: `Tasks are ${TASKS.join(', ')}.`,
  });
}
