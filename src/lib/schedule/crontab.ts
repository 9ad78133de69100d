import { shellWord } from './shell-word.js';
import type { ScheduleFile, ScheduleOptions } from './types.js';

/** A file for /etc/cron.d, whose lines name the account. */
export function crontab(options: ScheduleOptions): ScheduleFile[] {
  const { at, user, envFile, program, backupArgs, checkArgs } = options;
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  const line = (when: string, words: readonly string[]) =>
    `${when} ${user} ${command([...program, ...words, '--env-file', envFile, '--quiet'])}`;
  const content = `# cron mails what is printed; with --quiet that is only what needs a look.
MAILTO=root
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${line(`${minute} ${hour} * * *`, ['backup', ...backupArgs])}
${line('45 * * * *', ['backup', 'check', ...checkArgs])}
`;
  return [{ path: '/etc/cron.d/bk-db', content }];
}

/** To cron a bare % ends the command. */
function command(words: readonly string[]): string {
  return words.map(shellWord).join(' ').replaceAll('%', '\\%');
}
