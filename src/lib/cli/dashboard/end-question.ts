import type { Session } from '../../health/index.js';
import type { DashboardState, Question } from './state.js';
import { oneLine } from './tabs/session.js';

const SHOWN_CHARACTERS = 30;

/** What c or K asks before it does anything, or why it does not even ask. Pure. */
export function askToEnd(
  how: Question['how'],
  session: Session | undefined,
  isReadOnly: boolean,
): Pick<DashboardState, 'question' | 'message'> {
  const refuse = (message: string) => ({ question: undefined, message });
  if (isReadOnly) return refuse('the dashboard is read-only');
  if (session?.backendStart == null) return refuse('select a session first');
  if (session.ours) return refuse('that is the session of this dashboard');
  const { pid, backendStart, user, applicationName, query } = session;
  const doing = query === null ? '' : `: ${oneLine(query).slice(0, SHOWN_CHARACTERS)}`;
  const label = `${user ?? '?'} ${applicationName ?? ''}`.trim() + doing;
  return { question: { how, pid, backendStart, label, danger: dangerOf(session) }, message: undefined };
}

/** What a second y is asked for. */
function dangerOf({ backendType, applicationName, query }: Session): string | undefined {
  if (backendType === 'walsender') return 'what feeds a standby or a subscriber';
  if (backendType !== 'client backend') return `a process of the server (${backendType ?? 'hidden'})`;
  if (/^(pg_dump|pg_restore|pg_basebackup)\b/.test(applicationName ?? ''))
    return `a running ${applicationName ?? ''}`;
  if (/^bk-db\b/.test(applicationName ?? '') && applicationName?.endsWith(' health') === false)
    return 'a run of bk-db, perhaps a backup or a migration';
  return /^\s*copy\b.*\bto stdout\b/is.test(query ?? '')
    ? 'copying data out, perhaps for a backup'
    : undefined;
}
