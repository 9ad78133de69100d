import { Args, Flags, Parser } from '@oclif/core';
import { basename, join } from 'node:path';
import { BaseCommand } from '../lib/cli/base-command.js';
import { describeCommand } from '../lib/cli/describe.js';
import { BkDbError } from '../lib/core/errors.js';
import { makePrivateDirectory, writeFileAtomic } from '../lib/core/files.js';
import { SCHEDULERS, type Schedule } from '../lib/schedule/types.js';
import BackupCommand from './backup/index.js';

/** Units and crontabs hold no secret, and are read by others. */
const READABLE = 0o644;

export default class ScheduleCommand extends BaseCommand {
  static override readonly resultSchema = async () =>
    (await import('../lib/schedule/index.js')).scheduleSchema;
  static override summary = 'print what makes systemd, cron or GitHub take backups';
  static override description = describeCommand(
    'Prints the timers and services of systemd, a file for /etc/cron.d, or a workflow of GitHub: a backup each night and, but for GitHub, an hourly look whether there is a young one. What follows -- are flags of `bk-db backup`; they are checked here, not at night. Secrets belong into the file of settings (--env-file), which only the account may read. Nothing is installed; --output writes the files into a folder.',
    ['IO'],
  );
  static override examples = [
    '<%= config.bin %> schedule systemd -- --dir /var/backups/bk-db --keep-daily 7 --keep-weekly 4',
    "<%= config.bin %> schedule cron --at 02:30 --user backup -- --dir '/srv/my backups' --ping",
    '<%= config.bin %> schedule systemd --output units -- --metrics-textfile /var/lib/node_exporter/bk_db_shop.prom',
  ];
  static override strict = false;
  static override args = {
    scheduler: Args.string({
      required: true,
      options: [...SCHEDULERS],
      description: 'who starts the backup',
    }),
  };
  static override flags = {
    at: Flags.string({ default: '03:15', helpValue: 'HH:MM', summary: 'when; local time, on GitHub UTC' }),
    user: Flags.string({ default: 'backup', helpValue: 'NAME', summary: 'account that runs it' }),
    'max-age': Flags.string({ default: '26h', helpValue: 'D', summary: 'older than this is an alarm' }),
    program: Flags.string({ helpValue: 'FILE', summary: 'how bk-db is started (default: as this one was)' }),
    output: Flags.string({ helpValue: 'DIR', summary: 'write the files into this folder' }),
  };

  async run() {
    const { args, flags, argv } = await this.parse(ScheduleCommand);
    const backupArgs = argv.slice(1).map(String);
    const { dir } = await parseBackupFlags(backupArgs);
    const { makeSchedule, SCHEDULERS: known } = await import('../lib/schedule/index.js');
    const scheduler = known.find((name) => name === args.scheduler) ?? 'systemd';
    const schedule = makeSchedule(scheduler, {
      at: timeOf(flags.at),
      program: flags.program === undefined ? [process.execPath, process.argv[1] ?? 'bk-db'] : [flags.program],
      user: accountOf(flags.user),
      envFile: flags['env-file'] ?? '/etc/bk-db/bk-db.env',
      backupArgs,
      checkArgs: ['--max-age', flags['max-age'], ...(dir === undefined ? [] : ['--dir', dir])],
    });
    await this.#show(schedule, flags.output);
    return schedule;
  }

  async #show({ files }: Schedule, output: string | undefined): Promise<void> {
    if (output === undefined) {
      this.reporter.data(
        files
          .map(({ path, content }) => `# ${path}\n${content}`)
          .join('\n')
          .trimEnd(),
      );
      return;
    }
    await makePrivateDirectory(output);
    for (const { path, content } of files) {
      await writeFileAtomic(join(output, basename(path)), content, READABLE);
      this.reporter.summary(`wrote ${join(output, basename(path))}, for ${path}`);
    }
  }
}

/** What is wrong with the flags is told now, by the parser that reads them at night. */
async function parseBackupFlags(args: readonly string[]) {
  const known = { ...BackupCommand.baseFlags, ...BackupCommand.flags };
  const { flags } = await Parser.parse([...args], { flags: known, args: {}, strict: true });
  if (flags.url === undefined) return flags;
  throw new BkDbError('USAGE', 'a schedule must not hold the URL: every user could read its password', {
    hint: 'Put DATABASE_URL into the file that --env-file names.',
  });
}

function timeOf(text: string): string {
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) return text;
  throw new BkDbError('USAGE', `--at must be a time such as 03:15, not "${text}"`, {
    hint: 'Give hours and minutes, from 00:00 to 23:59.',
  });
}

/** It stands unquoted in a unit and a crontab. */
function accountOf(name: string): string {
  if (/^[a-z_][\w.-]*\$?$/i.test(name)) return name;
  throw new BkDbError('USAGE', `--user must be an account's name, not "${name}"`, {
    hint: 'Give the name as in /etc/passwd.',
  });
}
