import type { ScheduleFile, ScheduleOptions } from './types.js';

/** Two services and their timers for /etc/systemd/system. */
export function systemdUnits(options: ScheduleOptions): ScheduleFile[] {
  const { at, envFile, program, backupArgs, checkArgs } = options;
  const bk = (words: readonly string[]) =>
    [...program, ...words, '--env-file', envFile, '--quiet'].map(quote).join(' ');
  return [
    unit(
      'bk-db-backup.service',
      service(options, 'Backup of a PostgreSQL database', bk(['backup', ...backupArgs])),
    ),
    unit('bk-db-backup.timer', timer('Backup each night', `*-*-* ${at}:00`)),
    unit(
      'bk-db-backup-check.service',
      service(options, 'Is there a young backup?', bk(['backup', 'check', ...checkArgs])),
    ),
    unit('bk-db-backup-check.timer', timer('Look for a young backup each hour', '*-*-* *:45:00')),
  ];
}

/** ProtectSystem=full leaves /var writable, where the store usually lies. */
function service({ user }: ScheduleOptions, description: string, command: string): string {
  return `[Unit]
Description=${description}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User=${user}
ExecStart=${command}
UMask=0077
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=full
`;
}

/** Persistent: a night that the machine slept through is made up for. */
function timer(description: string, calendar: string): string {
  return `[Unit]
Description=${description}

[Timer]
OnCalendar=${calendar}
RandomizedDelaySec=1min
Persistent=true

[Install]
WantedBy=timers.target
`;
}

/** One word of ExecStart: `%` and `$` mean something to systemd, even within quotes. */
function quote(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@+=:,./%$-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll('"', '\\"')}"`;
}

function unit(name: string, content: string): ScheduleFile {
  return { path: `/etc/systemd/system/${name}`, content };
}
