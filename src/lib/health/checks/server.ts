import { formatDuration, plural } from '../../core/format.js';
import { defineCheck, found, ok, skipped } from '../check.js';

/** The last day of each major version, as the project announces it years before. */
const LAST_DAYS: Readonly<Record<number, string>> = {
  12: '2024-11-21',
  13: '2025-11-13',
  14: '2026-11-12',
  15: '2027-11-11',
  16: '2028-11-09',
  17: '2029-11-08',
  18: '2030-11-14',
};
const DAY_MS = 24 * 3_600_000;
const SOON_DAYS = 180;

const version = defineCheck({
  id: 'server.version',
  title: 'version of the server',
  needs: [],
  why: 'A major version gets fixes, also of security, for five years. After its last day there are none.',
  advice: 'Plan the upgrade to a newer major version: pg_upgrade, or a backup restored into a new server.',
  evaluate: ({ server }) => {
    const major = Math.floor(server.versionNum / 10_000);
    const lastDay = LAST_DAYS[major] ?? (major < 12 ? '2023-11-09' : undefined);
    if (lastDay === undefined)
      return skipped(`the last day of PostgreSQL ${major} is not known to this bk-db`);
    const days = Math.floor((Date.parse(lastDay) - server.now.getTime()) / DAY_MS);
    const summary = `PostgreSQL ${server.version.split(' ')[0] ?? major}, fixed until ${lastDay}`;
    if (days > SOON_DAYS) return ok(summary);
    const remedy = 'Upgrade to a newer major version: pg_upgrade, or a backup restored into a new server.';
    return days >= 0
      ? found('info', `${summary}, in ${plural(days, 'day')}`, { remedy })
      : found('warning', `PostgreSQL ${major} gets no more fixes since ${lastDay}`, { remedy });
  },
});

const YOUNG_MS = 300_000;

const restarted = defineCheck({
  id: 'server.restarted',
  title: 'a server that has just started',
  needs: [],
  threshold: { warning: YOUNG_MS, critical: null, unit: 'ms' },
  why: 'A start that nobody planned is the trace of a crash. Caches are cold, and counters may have begun anew.',
  advice: "Read the end of the server's log before its start.",
  evaluate: ({ server, threshold }) => {
    const upMs = Math.max(0, server.now.getTime() - server.startedAt.getTime());
    const summary = `the server is up for ${formatDuration(upMs)}`;
    return upMs >= (threshold.warning ?? 0)
      ? ok(summary)
      : found('info', summary, { remedy: "Read the server's log, unless the start was planned." });
  },
});

const LOOPBACK = /^(127\.|::1$)/;

const tls = defineCheck({
  id: 'ssl.state',
  title: 'encryption of this connection',
  needs: [],
  why: 'Without TLS everybody on the way reads queries and rows, and can change them. Only a connection over a network is looked at.',
  advice: 'Set up TLS on the server, and connect with sslmode=verify-full.',
  evaluate: ({ server: { clientAddress, usesTls } }) => {
    if (clientAddress === null) return skipped('the connection does not leave this machine');
    if (LOOPBACK.test(clientAddress)) return skipped('the connection is over the loopback interface');
    return usesTls
      ? ok('the connection is encrypted')
      : found('info', `the connection from ${clientAddress} is not encrypted`, {
          remedy: 'Set up TLS on the server (ssl = on), and connect with sslmode=verify-full.',
          sql: ['show ssl;'],
        });
  },
});

/** Checks of the server itself and the way to it. */
export const serverChecks = [version, restarted, tls] as const;
