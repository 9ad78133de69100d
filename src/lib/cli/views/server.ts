import type { ServerStatus } from '../../server/index.js';
import { formatTime } from '../format.js';
import type { Paint } from '../terminal.js';

const STATE_STYLES = { running: 'green', starting: 'yellow', stopped: 'yellow', absent: 'dim' } as const;

/** The embedded server of a project, a fact per line. */
export function serverStatusView(status: ServerStatus, paint: Paint): string {
  const state = paint(STATE_STYLES[status.state], stateText(status));
  const rows = [
    ['server', state],
    ['project', status.projectRoot],
    ['directory', status.directory],
    ...(status.state === 'absent'
      ? []
      : [
          ['version', `PostgreSQL ${status.version ?? '?'}`],
          ['socket', status.socketDirectory],
          ['log', status.logFile],
        ]),
  ];
  return rows.map(([name = '', value = '']) => `${paint('dim', name.padEnd(9))}  ${value}`).join('\n');
}

function stateText({ state, pid, startedAt }: ServerStatus): string {
  if (state === 'absent') return 'never created';
  if (pid === null || startedAt === null) return state;
  return `${state} as process ${pid} since ${formatTime(startedAt)}`;
}
