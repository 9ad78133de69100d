import { isClient, type Session } from '../health/index.js';
import { familyOf, inSeconds, single, type Family } from './family.js';

/** Sessions, locks and the server itself. */
export const SESSION_FAMILIES: readonly Family[] = [
  {
    name: 'bk_db_server_info',
    help: 'Version and role of the server; always 1.',
    type: 'gauge',
    labels: ['version', 'role'],
    read: ({ report: { server } }) => [{ value: 1, labels: { version: server.version, role: server.role } }],
  },
  {
    name: 'bk_db_start_time_seconds',
    help: 'When the server was started, in seconds since 1970.',
    type: 'gauge',
    labels: [],
    read: ({ snapshot }) => single(inSeconds(snapshot.server.startedAt.getTime())),
  },
  {
    name: 'bk_db_connections_max',
    help: 'Largest number of connections (max_connections).',
    type: 'gauge',
    labels: [],
    read: ({ snapshot }) => single(snapshot.server.maxConnections),
  },
  {
    name: 'bk_db_connections_reserved',
    help: 'Connections kept for superusers.',
    type: 'gauge',
    labels: [],
    read: ({ snapshot }) => single(snapshot.server.reservedConnections),
  },
  familyOf('activity', {
    name: 'bk_db_connections',
    help: 'Client connections by database and state; hidden is what the role may not see.',
    labels: ['database', 'state'],
    read: (sessions) => countConnections(sessions),
  }),
  familyOf('activity', {
    name: 'bk_db_oldest_transaction_seconds',
    help: 'Age of the oldest open transaction of a client the role may see.',
    read: (sessions) => single(oldest(sessions, ({ transactionAgeMs }) => transactionAgeMs)),
  }),
  familyOf('activity', {
    name: 'bk_db_oldest_query_seconds',
    help: 'Age of the oldest running query of a client the role may see.',
    read: (sessions) =>
      single(
        oldest(
          sessions.filter(({ state }) => state === 'active'),
          ({ queryAgeMs }) => queryAgeMs,
        ),
      ),
  }),
  familyOf('locks', {
    name: 'bk_db_blocked_sessions',
    help: 'Sessions that wait for a lock.',
    read: (waits) => single(waits.length),
  }),
  familyOf('locks', {
    name: 'bk_db_longest_lock_wait_seconds',
    help: 'Longest wait for a lock now, 0 when nobody waits.',
    read: (waits) => single(inSeconds(Math.max(0, ...waits.map(({ waitMs }) => waitMs ?? 0)))),
  }),
];

function countConnections(sessions: readonly Session[]) {
  const counts = new Map<string, { database: string; state: string; value: number }>();
  for (const session of sessions.filter(isClient)) {
    const database = session.database ?? '';
    const state = session.hidden ? 'hidden' : (session.state ?? 'unknown');
    const key = JSON.stringify([database, state]);
    counts.set(key, { database, state, value: (counts.get(key)?.value ?? 0) + 1 });
  }
  return [...counts.values()].map(({ value, ...labels }) => ({ value, labels }));
}

function oldest(sessions: readonly Session[], ageMs: (session: Session) => number | null): number {
  const ages = sessions.filter((session) => isClient(session) && !session.ours).map(ageMs);
  return inSeconds(Math.max(0, ...ages.map((age) => age ?? 0)));
}
