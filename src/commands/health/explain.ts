import { Args } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { checksView, explanationView } from '../../lib/cli/views/health.js';

export default class HealthExplainCommand extends BaseCommand {
  static override summary = 'say what a health check looks at, why, and what helps';
  static override description = describeCommand('Needs no server.', []);
  static override examples = [
    '<%= config.bin %> health explain',
    '<%= config.bin %> health explain lock.blocked',
    '<%= config.bin %> health explain wrap.xid --json',
  ];
  static override args = {
    id: Args.string({ description: 'id of the check, as `health` shows it; without one all are listed' }),
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/health/index.js')).explanationsSchema;

  async run() {
    const { args } = await this.parse(HealthExplainCommand);
    const { explainCheck, explainChecks } = await import('../../lib/health/index.js');
    if (args.id === undefined) {
      const all = explainChecks();
      this.reporter.data(checksView(all.checks, this.reporter.paint));
      return all;
    }
    const explanation = explainCheck(args.id);
    this.reporter.data(explanationView(explanation, this.reporter.paint));
    return explanation;
  }
}
