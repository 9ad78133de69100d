import { formatBytes, formatDuration, plural } from '../../core/format.js';
import { defineCheck, found, grade, ok, skipped } from '../check.js';
import type { MigrationFacts } from '../toolkit/migrations.js';

const pending = defineCheck({
  id: 'migrate.pending',
  title: 'migrations to apply',
  needs: ['migrations'],
  why: 'The application that is being deployed may already expect what a pending migration brings.',
  advice: 'Apply them with `bk-db migrate`.',
  evaluate: ({ migrations }) => {
    const waiting = migrations.unsettled.filter(({ state }) => state === 'pending');
    if (waiting.length === 0) return ok(`${plural(migrations.applied, 'migration')} applied, none pending`);
    return found(
      'warning',
      `${plural(waiting.length, 'migration')} pending, the database is at ${migrations.currentVersion ?? 'none'}`,
      {
        evidence: evidenceOf(waiting),
        remedy: 'Apply them with `bk-db migrate`; see them first with `bk-db migrate --dry-run`.',
      },
    );
  },
});

const drift = defineCheck({
  id: 'migrate.drift',
  title: 'migrations that are not what was applied',
  needs: ['migrations'],
  why: 'A file that changed after it was applied, is missing or comes too late means that this database is not what the files say, and the next one will differ.',
  advice: 'Take the change back and write it as a new migration.',
  evaluate: ({ migrations }) => {
    const wrong = migrations.unsettled.filter(({ state }) => state !== 'pending');
    const [first] = wrong;
    if (first === undefined) return ok('the ledger and the files agree');
    return found(
      'critical',
      `${plural(wrong.length, 'migration')} differ from the ledger, such as ${first.version} (${first.state})`,
      {
        evidence: evidenceOf(wrong),
        remedy: 'See `bk-db migrate status`; take changes back and write them as new migrations.',
      },
    );
  },
});

function evidenceOf(unsettled: MigrationFacts['unsettled']) {
  return unsettled.slice(0, 20).map((migration) => ({ ...migration }));
}

const HOUR = 3_600_000;

const age = defineCheck({
  id: 'backup.age',
  title: 'age of the newest backup',
  needs: ['backups'],
  threshold: { warning: 26 * HOUR, critical: 50 * HOUR, unit: 'ms' },
  why: 'What happened after the newest backup is lost with the server. The limits suit a daily backup with room for one that runs long.',
  advice: 'Run `bk-db backup`, and see why the scheduled one did not.',
  evaluate: ({ backups: { newest, directory, count }, server, threshold }) => {
    const remedy = 'Run `bk-db backup`, and see why the scheduled one did not.';
    if (newest === null)
      return found('critical', `there is no backup of ${server.database} in ${directory}`, { remedy });
    const summary = `newest of ${plural(count, 'backup')} is ${formatDuration(newest.ageMs)} old`;
    const status = grade(newest.ageMs, threshold);
    if (status === 'ok') return ok(summary);
    return found(status, summary, { evidence: [{ ...newest, directory }], remedy });
  },
});

const files = defineCheck({
  id: 'backup.files',
  title: 'files of the backups',
  needs: ['backups'],
  why: 'A backup whose files are gone or cut short cannot be restored. Sizes are compared here; `bk-db backup verify` reads everything.',
  advice: 'Take a new backup now; look at the disk of the store.',
  evaluate: ({ backups: { wrongFiles, damaged, newest } }) => {
    const remedy = 'Take a new backup now with `bk-db backup`; look at the disk of the store.';
    if (wrongFiles.length > 0)
      return found('critical', `the newest backup is not whole: ${wrongFiles[0] ?? ''}`, {
        evidence: wrongFiles.slice(0, 20).map((file) => ({ backup: newest?.id ?? null, file })),
        remedy,
      });
    if (damaged.length > 0)
      return found(
        'warning',
        `${plural(damaged.length, 'directory', 'directories')} of the store hold no readable backup`,
        {
          evidence: damaged.slice(0, 20).map((path) => ({ path })),
          remedy: 'See `bk-db backup list`; remove what is not wanted.',
        },
      );
    return newest === null ? skipped('there is no backup') : ok('the newest backup has all its files');
  },
});

const size = defineCheck({
  id: 'backup.size',
  title: 'size of the newest backup',
  needs: ['backups'],
  threshold: { warning: 50, critical: null, unit: 'percent' },
  why: 'A backup much smaller than those before it often means that data is gone, or that it was taken of the wrong database. The limit is how much smaller, in percent of the median of the five before.',
  advice: 'Compare the row counts with `bk-db backup show`.',
  evaluate: ({ backups: { newest, earlierSizes }, threshold }) => {
    if (newest === null || earlierSizes.length < 3) return skipped('too few backups to compare');
    const median = earlierSizes.toSorted((a, b) => a - b)[Math.floor(earlierSizes.length / 2)] ?? 0;
    const smaller = median === 0 ? 0 : Math.round((1 - newest.sizeBytes / median) * 100);
    const summary = `the newest backup has ${formatBytes(newest.sizeBytes)}, usual are ${formatBytes(median)}`;
    if (grade(smaller, threshold) === 'ok') return ok(summary);
    return found('warning', summary, {
      evidence: [{ ...newest, medianBytes: median }],
      remedy: 'Compare the row counts with `bk-db backup show`.',
    });
  },
});

const client = defineCheck({
  id: 'toolkit.client',
  title: 'pg_dump for this server',
  needs: ['tools'],
  why: 'pg_dump refuses a server newer than itself, so that backups fail from the day of an upgrade on.',
  advice: "Install the client programs of the server's version.",
  evaluate: ({ tools, server }) => {
    if ('problem' in tools) return found('warning', tools.problem, { remedy: tools.hint });
    const summary = `pg_dump ${tools.version} (${tools.path})`;
    const serverMajor = Math.floor(server.versionNum / 10_000);
    if (Number.parseInt(tools.version, 10) === serverMajor) return ok(summary);
    return found('info', `${summary} for a server of version ${serverMajor}`, {
      remedy: `Install the client programs of version ${serverMajor}: what a newer pg_dump writes may need a newer server to be restored.`,
    });
  },
});

/** Checks of what only bk-db knows: migrations, backups, its programs. */
export const toolkitChecks = [pending, drift, age, files, size, client] as const;
