import { quoteIdentifier } from '../../core/database.js';
import { plural } from '../../core/format.js';
import { defineCheck, found, ok } from '../check.js';

const pending = defineCheck({
  id: 'settings.pending',
  title: 'settings that wait for a restart',
  needs: ['pendingSettings'],
  why: 'The file says one thing and the server does another: the next restart, perhaps unplanned, changes its behaviour.',
  advice: 'Restart at a time of your choosing, or take the change back.',
  evaluate: ({ pendingSettings }) => {
    const names = pendingSettings.map(({ name }) => name);
    if (names.length === 0) return ok('no setting waits for a restart');
    return found(
      'warning',
      `${plural(names.length, 'setting')} will change at the next restart: ${names.join(', ')}`,
      {
        evidence: pendingSettings.map((setting) => ({ ...setting })),
        remedy: 'Restart the server at a time of your choosing, or take the change back.',
        sql: ['select name, setting, sourcefile, sourceline from pg_settings where pending_restart;'],
      },
    );
  },
});

const collation = defineCheck({
  id: 'collation.version',
  title: 'collation versions',
  needs: ['databases', 'collations'],
  why: 'When the operating system sorts text otherwise than at the time an index was built, the index finds rows no longer and lets duplicates in. It happens with upgrades of the C library or ICU, and when a data directory moves to another machine.',
  advice: 'Reindex what uses the collation, then record the new version.',
  evaluate: ({ databases, collations }) => {
    const changed = databases.filter(
      ({ collationRecorded: recorded, collationActual: actual }) =>
        recorded !== null && actual !== null && recorded !== actual,
    );
    const objects = [
      ...changed.map(({ name }) => `database ${name}`),
      ...collations.map(({ name }) => `collation ${name}`),
    ];
    if (objects.length === 0) return ok('indexes were built with the collations of today');
    return found('warning', `the sort order changed under ${objects.join(', ')}`, {
      evidence: [
        ...changed.map(({ name, collationRecorded, collationActual }) => ({
          object: `database ${name}`,
          recorded: collationRecorded,
          actual: collationActual,
        })),
        ...collations.map(({ name, recorded, actual, indexes }) => ({
          object: `collation ${name}`,
          recorded,
          actual,
          indexes: indexes.join(', '),
        })),
      ],
      remedy:
        'Rebuild the indexes on text, then record the new version. Until then unique constraints on text may not hold.',
      sql: [
        ...changed.flatMap(({ name }) => [
          `reindex database ${quoteIdentifier(name)};`,
          `alter database ${quoteIdentifier(name)} refresh collation version;`,
        ]),
        ...collations.flatMap(({ name, indexes }) => [
          ...indexes.map((index) => `reindex index concurrently ${index};`),
          `alter collation ${name.split('.').map(quoteIdentifier).join('.')} refresh version;`,
        ]),
      ],
    });
  },
});

const privileges = defineCheck({
  id: 'role.privileges',
  title: 'what this role may see',
  needs: ['activity'],
  why: 'Without pg_monitor a role sees only its own sessions and few statistics. Checks that depend on more say unknown.',
  advice: 'Grant pg_monitor to the role that runs the checks.',
  evaluate: ({ activity, server }) => {
    if (server.isSuperuser) return ok(`${server.user} is superuser and sees everything`);
    if (server.readsAllStats && server.readsAllSettings) return ok(`${server.user} may see all statistics`);
    const hidden = activity.filter((session) => session.hidden).length;
    return found(
      'info',
      `${server.user} lacks pg_monitor: ${hidden} of ${plural(activity.length, 'process', 'processes')} are hidden`,
      {
        evidence: [
          {
            hiddenProcesses: hidden,
            readsAllStats: server.readsAllStats,
            readsAllSettings: server.readsAllSettings,
          },
        ],
        remedy: 'Let the role see the sessions and statistics of others.',
        sql: [`grant pg_monitor to ${quoteIdentifier(server.user)};`],
      },
    );
  },
});

/** Checks of settings, collations and rights. */
export const configurationChecks = [pending, collation, privileges] as const;
