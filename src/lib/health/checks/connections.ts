import { formatDuration, plural } from '../../core/format.js';
import { defineCheck, found, grade, grantMonitor, ok, unknown, type Outcome } from '../check.js';
import { beginningOf, isClient, type Session } from '../collectors/activity.js';
import type { Evidence } from '../types.js';

/** Slots below which the next application start may fail, whatever the share. */
const FEW_SLOTS = 3;

const used = defineCheck({
  id: 'conn.used',
  title: 'connections in use',
  needs: ['activity'],
  threshold: { warning: 80, critical: 90, unit: 'percent' },
  why: 'At the limit the server refuses every further client, also the one that would repair it. Slots reserved for superusers do not count as free.',
  advice:
    'Close idle sessions, put a pooler such as PgBouncer in front, or raise max_connections (needs a restart).',
  evaluate: ({ activity, server, threshold }) => {
    const clients = activity.filter(isClient);
    const limit = server.maxConnections - server.reservedConnections;
    const percent = Math.round((clients.length / limit) * 1000) / 10;
    const free = Math.max(0, limit - clients.length);
    const summary = `${clients.length} of ${limit} connections used (${percent} %)`;
    const status = free < FEW_SLOTS ? 'critical' : grade(percent, threshold);
    if (status === 'ok') return ok(summary);
    return found(status, `${summary}, ${free} free`, {
      evidence: [...byOwner(clients)],
      remedy: 'End idle sessions of the role with most of them, or put a connection pooler in front.',
      sql: [
        "select usename, application_name, state, count(*) from pg_stat_activity where backend_type = 'client backend' group by 1, 2, 3 order by 4 desc;",
      ],
    });
  },
});

function byOwner(clients: readonly Session[]): Evidence[] {
  const counts = new Map<string, number>();
  for (const { user } of clients) counts.set(user ?? '?', (counts.get(user ?? '?') ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([user, connections]) => ({ user, connections }));
}

const IDLE = 'idle in transaction';

const idleInTransaction = defineCheck({
  id: 'conn.idle_in_txn',
  title: 'sessions idle in a transaction',
  needs: ['activity'],
  threshold: { warning: 60_000, critical: 300_000, unit: 'ms' },
  why: 'An open transaction that does nothing keeps its locks and keeps vacuum from removing dead rows, so that tables grow and others wait.',
  advice:
    'Commit or roll back in the application; set idle_in_transaction_session_timeout for the role as a safety net.',
  evaluate: ({ activity, threshold, server }) =>
    judgeAges({
      sessions: activity.filter(({ state, ours }) => !ours && state?.startsWith(IDLE) === true),
      all: activity,
      age: ({ stateAgeMs }) => stateAgeMs ?? 0,
      none: 'no session is idle in a transaction for long',
      describe: (oldest, count) => `${plural(count, 'session')} idle in a transaction, longest ${oldest}`,
      remedy:
        'End the session if its application will not; then commit or roll back sooner there, or set idle_in_transaction_session_timeout.',
      threshold,
      server,
    }),
});

const longestTransaction = defineCheck({
  id: 'txn.longest',
  title: 'longest transaction',
  needs: ['activity'],
  threshold: { warning: 300_000, critical: 1_800_000, unit: 'ms' },
  why: 'While a transaction is open, vacuum cannot remove any row that died since it began, in any table. Backups taken by bk-db are left out.',
  advice: 'Split the work into shorter transactions, or end the session.',
  evaluate: ({ activity, threshold, server }) =>
    judgeAges({
      sessions: activity.filter(isOrdinaryTransaction),
      all: activity,
      age: ({ transactionAgeMs }) => transactionAgeMs ?? 0,
      none: 'no transaction is open for long',
      describe: (oldest, count) => `${plural(count, 'long transaction')}, longest ${oldest}`,
      remedy: 'End the session if its work is not wanted; otherwise split it into shorter transactions.',
      threshold,
      server,
    }),
});

const longestQuery = defineCheck({
  id: 'query.longest',
  title: 'longest running query',
  needs: ['activity'],
  threshold: { warning: 60_000, critical: 600_000, unit: 'ms' },
  why: 'A query that runs for minutes holds its locks and its snapshot and takes CPU and memory from the others.',
  advice: 'Look at its plan with EXPLAIN, or cancel it; set statement_timeout for interactive roles.',
  evaluate: ({ activity, threshold, server }) =>
    judgeAges({
      sessions: activity.filter(
        (session) =>
          session.state === 'active' && session.waitEventType !== 'Lock' && isOrdinaryTransaction(session),
      ),
      all: activity,
      age: ({ queryAgeMs }) => queryAgeMs ?? 0,
      none: 'no query runs for long',
      describe: (oldest, count) => `${plural(count, 'long query', 'long queries')}, longest ${oldest}`,
      remedy: 'Cancel the query if it is not wanted; otherwise look at its plan with EXPLAIN.',
      threshold,
      server,
    }),
});

/** Vacuum, WAL senders and backups are long by nature. */
function isOrdinaryTransaction(session: Session): boolean {
  const backup = /^(bk-db.* (backup|lock)|pg_dump)/.test(session.applicationName ?? '');
  return session.backendType === 'client backend' && !session.ours && !backup;
}

interface AgeQuestion {
  readonly sessions: readonly Session[];
  readonly all: readonly Session[];
  readonly age: (session: Session) => number;
  readonly none: string;
  readonly describe: (oldest: string, count: number) => string;
  readonly remedy: string;
  readonly threshold: Parameters<typeof grade>[1];
  readonly server: Parameters<typeof grantMonitor>[0];
}

/** Grades by the oldest session; with none to blame, sessions that cannot be seen make it unknown. */
function judgeAges(question: AgeQuestion): Outcome {
  const { sessions, all, age, threshold, server } = question;
  const late = sessions
    .filter((session) => grade(age(session), threshold) !== 'ok')
    .sort((a, b) => age(b) - age(a));
  const [oldest] = late;
  if (oldest === undefined) {
    const hidden = all.filter((session) => session.hidden && isClient(session)).length;
    if (hidden === 0) return ok(question.none);
    return unknown(`${plural(hidden, 'session')} of other roles cannot be seen`, grantMonitor(server));
  }
  const status = grade(age(oldest), threshold);
  return found(
    status === 'critical' ? 'critical' : 'warning',
    question.describe(formatDuration(age(oldest)), late.length),
    {
      evidence: late.slice(0, 10).map((session) => sessionEvidence(session, age(session))),
      remedy: question.remedy,
      sql: [endSession(oldest)],
    },
  );
}

function sessionEvidence(session: Session, ageMs: number): Evidence {
  const { pid, user, database, applicationName, state, query } = session;
  return { pid, user, database, applicationName, state, ageMs: Math.round(ageMs), query: beginningOf(query) };
}

/** SQL that ends this session and no later one that happens to get its pid. */
export function endSession({
  pid,
  state,
  backendStart,
}: Pick<Session, 'pid' | 'state' | 'backendStart'>): string {
  const verb = state === 'active' ? 'pg_cancel_backend' : 'pg_terminate_backend';
  const start =
    backendStart === null
      ? ''
      : ` and date_trunc('milliseconds', backend_start) = '${backendStart.toISOString()}'`;
  return `select ${verb}(pid) from pg_stat_activity where pid = ${pid}${start};`;
}

/** Checks of sessions. */
export const connectionChecks = [used, idleInTransaction, longestTransaction, longestQuery] as const;
