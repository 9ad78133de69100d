import { Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { describeCommand } from '../lib/cli/describe.js';
import { describeTarget } from '../lib/core/connection.js';

export default class ConfigCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../lib/core/config/report.js')).configReportSchema;
  static override summary = 'show the effective configuration and where each value comes from';
  static override description = describeCommand(
    'Values are taken from flags, the environment, .env, the config file and defaults, in this order. Secrets are never shown. With --check it also connects.',
    ['CONFIG_INVALID', 'CONNECTION_FAILED', 'NOT_FOUND'],
  );
  static override examples = [
    '<%= config.bin %> config',
    '<%= config.bin %> config --json',
    'DATABASE_URL=postgresql://app@db.example.org/shop <%= config.bin %> config --check',
  ];
  static override flags = { check: Flags.boolean({ summary: 'connect as well, and say to which server' }) };

  async run() {
    const { flags } = await this.parse(ConfigCommand);
    const context = await this.context(flags);
    const { target, effective } = context.config;
    const settings = effective.map(({ name, value, origin }) => ({ name, value, origin }));
    if (!flags.json) {
      const { configView } = await import('../lib/cli/views/config.js');
      this.reporter.data(configView(settings, target, this.reporter.paint));
    }
    const connection = flags.check ? await this.#check(context) : null;
    return { target: target === undefined ? null : describeTarget(target), settings, connection };
  }

  async #check(context: Awaited<ReturnType<typeof this.context>>) {
    const database = await context.open();
    const serverVersion = database.serverVersion;
    this.reporter.summary(
      `\nconnected to ${describeTarget(database.target)}, PostgreSQL ${Math.floor(serverVersion / 10_000)}`,
    );
    return { target: describeTarget(database.target), serverVersion };
  }
}
