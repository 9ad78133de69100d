import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';

export default class MetricsRulesCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/metrics/index.js')).monitoringFileSchema;
  static override summary = 'print Prometheus alert rules for every check';
  static override description = describeCommand(
    'Made from the table of checks: each has a rule for its warning and one for its critical state, with its own explanation and advice; also for a server that is down, metrics that are missing, and a backup that is too old.',
    [],
  );
  static override examples = [
    '<%= config.bin %> metrics rules > /etc/prometheus/rules/bk-db.yml',
    '<%= config.bin %> metrics rules | promtool check rules',
  ];

  async run() {
    await this.parse(MetricsRulesCommand);
    const [{ alertRules }, { listChecks }] = await Promise.all([
      import('../../lib/metrics/index.js'),
      import('../../lib/health/index.js'),
    ]);
    const content = alertRules(listChecks());
    this.reporter.data(content.trimEnd());
    return { content };
  }
}
