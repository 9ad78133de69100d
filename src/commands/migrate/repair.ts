import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { confirmDestructive } from '../../lib/cli/confirm.js';
import { CONNECTING, describeCommand } from '../../lib/cli/describe.js';
import { migrationsDirFlag, yesFlag } from '../../lib/cli/flags.js';
import { migrateDeps, migrationsDirOf } from '../../lib/cli/migration-run.js';
import { repairView } from '../../lib/cli/views/migrate.js';
import { describeTarget } from '../../lib/core/connection.js';

export default class MigrateRepair extends BaseCommand {
  static override summary = 'make the ledger agree with the files';
  static override description = describeCommand(
    'Accepts edited files as they are now and forgets applied migrations whose file is gone. Runs no migration and changes nothing but the ledger. Lists what it will do and asks; without a terminal it needs --yes.',
    [...CONNECTING, 'LOCK_HELD', 'NOT_FOUND'],
  );
  static override examples = [
    '<%= config.bin %> migrate repair --dry-run',
    '<%= config.bin %> migrate repair --yes --migrations-dir ./migrations',
  ];
  static override flags = {
    'migrations-dir': migrationsDirFlag,
    'dry-run': Flags.boolean({ summary: 'only list what would be repaired' }),
    yes: yesFlag,
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/migrate/index.js')).repairResultSchema;

  async run() {
    const { flags } = await this.parse(MigrateRepair);
    const context = await this.context(flags);
    const { planRepairs, repairLedger } = await import('../../lib/migrate/index.js');
    const deps = await migrateDeps(context, this.config.version);
    const options = { migrationsDir: migrationsDirOf(context) };
    const repairs = [...(await planRepairs(deps, options))];
    this.reporter.data(repairView(repairs));
    if (flags['dry-run'] || repairs.length === 0) return { repairs };
    await confirmDestructive({
      question: `Change the ledger of ${describeTarget(deps.target)} so?`,
      yes: flags.yes,
      input: process.stdin,
      output: process.stderr,
      signal: context.signal,
    });
    const done = [...(await repairLedger(deps, options, repairs))];
    this.reporter.note('repaired');
    return { repairs: done };
  }
}
