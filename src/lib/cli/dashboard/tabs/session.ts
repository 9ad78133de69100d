import type { Session } from '../../../health/index.js';
import { formatDuration } from '../../format.js';
import type { Style } from '../../terminal.js';
import type { Detail, Words } from './tab.js';

const SLOW_MS = 60_000;
const LATE_MS = 300_000;

/** The colour of an age: a minute is long for a transaction, five are too long. */
export function ageStyle(ageMs: number | null): Style | undefined {
  if (ageMs === null || ageMs < SLOW_MS) return undefined;
  return ageMs >= LATE_MS ? 'red' : 'yellow';
}

/** A duration, or nothing where there is none. */
export function ageText(ageMs: number | null | undefined): string {
  return ageMs === null || ageMs === undefined ? '' : formatDuration(ageMs);
}

/** A statement in one line, as rows show it. */
export function oneLine(statement: string): string {
  return statement.replaceAll(/\s+/g, ' ').trim();
}

/** What a filter can look for in a session. */
export function sessionWords(session: Session): Words {
  const { user, database, applicationName, state, hidden, query, transactionAgeMs } = session;
  return {
    texts: [user, database, applicationName, query],
    user,
    db: database,
    app: applicationName,
    state: hidden ? 'hidden' : state,
    ageMs: transactionAgeMs,
  };
}

/** All that is known of a session, its query last. */
export function sessionDetail(session: Session): Detail {
  const { query, backendStart, transactionAgeMs, queryAgeMs, stateAgeMs, hidden } = session;
  return {
    facts: {
      pid: session.pid,
      user: session.user,
      database: session.database,
      application: session.applicationName,
      'backend type': session.backendType,
      'connected at': backendStart?.toISOString() ?? null,
      state: hidden ? 'hidden: the role may not see it' : session.state,
      'in this state for': ageText(stateAgeMs),
      'transaction open for': ageText(transactionAgeMs),
      'query began': queryAgeMs === null ? null : `${formatDuration(queryAgeMs)} ago`,
      'waits for':
        session.waitEventType === null ? null : `${session.waitEventType}: ${session.waitEvent ?? ''}`,
      'holds back vacuum': session.xminAge === null ? null : `${session.xminAge} transactions`,
    },
    texts: hidden || query === null ? [] : [query],
  };
}
