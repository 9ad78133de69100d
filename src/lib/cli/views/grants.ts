import type { GrantsResult } from '../../grants/types.js';
import type { Paint } from '../terminal.js';

/** A script that psql can run; what is said is in comments. */
export function grantsView({ tasks }: GrantsResult): string {
  return tasks
    .map(({ task, reason, statements }) => [`-- ${task}: ${reason}`, ...statements].join('\n'))
    .join('\n\n');
}

/** What the connected role lacks. */
export function lackingView({ role, tasks, lacking }: GrantsResult, paint: Paint): string {
  return tasks
    .map(({ task }) => {
      const problems = (lacking ?? []).filter((one) => one.task === task).map(({ problem }) => problem);
      const verdict = problems.length === 0 ? paint('green', 'may') : paint('red', 'may not');
      return `${role} ${verdict} ${task}${problems.length === 0 ? '' : `: ${problems.join('; ')}`}`;
    })
    .join('\n');
}
