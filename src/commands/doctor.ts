import { BaseCommand } from '../lib/cli/base-command.js';
import { describeCommand } from '../lib/cli/describe.js';
import { dirFlag } from '../lib/cli/flags.js';
import { doctorView } from '../lib/cli/views/doctor.js';
import { EXIT_STATUSES } from '../lib/core/errors.js';

export default class DoctorCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../lib/doctor/index.js')).doctorReportSchema;
  static override summary = 'look at everything that bk-db depends on, and say what to do';
  static override description = describeCommand(
    'Looks at the configured server (reachable, version, encryption, clock), at Node, PostgreSQL programs and compressors beside what the server needs, and at the folder of backups (writable, room, privacy). Changes nothing, and needs no server: what cannot be looked at is said.',
    ['FINDINGS'],
  );
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --dir /var/backups/postgres --json',
  ];
  static override flags = { dir: dirFlag };

  async run() {
    const { flags } = await this.parse(DoctorCommand);
    const context = await this.context(flags);
    const { examine } = await import('../lib/doctor/index.js');
    const report = await examine({
      target: () => context.target(),
      pgTools: await context.pgTools(),
      backupDir: context.config.backupDir,
      nodeVersion: process.versions.node,
      now: context.now,
    });
    this.reporter.data(doctorView(report, this.reporter.paint));
    if (!report.ok) this.endWith(EXIT_STATUSES.FINDINGS);
    return report;
  }
}
