import { BaseCommand } from '../../lib/cli/base-command.js';
import { describeCommand } from '../../lib/cli/describe.js';

export default class MetricsDashboardCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../../lib/metrics/index.js')).monitoringFileSchema;
  static override summary = 'print a Grafana dashboard';
  static override description = describeCommand(
    'JSON to import into Grafana: verdict, connections, transactions, locks, age of transaction ids, backups and migrations, from the metrics that `metrics` and `metrics serve` give.',
    [],
  );
  static override examples = [
    '<%= config.bin %> metrics dashboard > bk-db.json',
    '<%= config.bin %> metrics dashboard --json',
  ];

  async run() {
    await this.parse(MetricsDashboardCommand);
    const { grafanaDashboard } = await import('../../lib/metrics/index.js');
    const content = grafanaDashboard();
    this.reporter.data(content.trimEnd());
    return { content };
  }
}
