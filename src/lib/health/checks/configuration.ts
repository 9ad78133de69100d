import { quoteIdentifier } from '../../core/database.js';
import { plural } from '../../core/format.js';
import { defineCheck, found, ok } from '../check.js';

const pending = defineCheck({
  id: 'settings.pending',
  title: 'settings that wait for a restart',
  needs: ['settings'],
  why: 'The file says one thing and the server does another: the next restart, perhaps unplanned, changes its behaviour.',
  advice: 'Restart at a time of your choosing, or take the change back.',
  evaluate: ({ settings }) => {
    const waiting = settings.filter(({ pendingRestart }) => pendingRestart);
    const names = waiting.map(({ name }) => name);
    if (names.length === 0) return ok('no setting waits for a restart');
    return found(
      'warning',
      `${plural(names.length, 'setting')} will change at the next restart: ${names.join(', ')}`,
      {
        evidence: waiting.map(({ name, value }) => ({ name, value })),
        remedy: 'Restart the server at a time of your choosing, or take the change back.',
        sql: ['select name, setting, sourcefile, sourceline from pg_settings where pending_restart;'],
      },
    );
  },
});

/** The value of each that is asking for trouble. */
const RISKY: Readonly<Record<string, { readonly value: string; readonly danger: string }>> = {
  fsync: { value: 'off', danger: 'a crash of the machine destroys the cluster' },
  full_page_writes: { value: 'off', danger: 'a crash of the machine can tear pages' },
  autovacuum: {
    value: 'off',
    danger: 'tables grow, and the server stops before transaction ids wrap around',
  },
  track_counts: { value: 'off', danger: 'autovacuum does not see its work' },
  zero_damaged_pages: { value: 'on', danger: 'damaged pages are emptied without an error' },
  ignore_checksum_failure: { value: 'on', danger: 'damaged pages are read as if they were sound' },
  ignore_invalid_pages: { value: 'on', danger: 'recovery passes over lost pages' },
};

const risky = defineCheck({
  id: 'settings.risky',
  title: 'settings that endanger data',
  needs: ['settings'],
  why: 'A few settings trade the safety of the data for speed, or hide damage. They are meant for throw-away servers and for rescue work.',
  advice: 'Set them back, unless the data may be lost.',
  evaluate: ({ settings }) => {
    const bad = settings.filter(({ name, value }) => RISKY[name]?.value === value);
    const [first] = bad;
    if (first === undefined) return ok('no setting endangers the data');
    const summary = bad.map(({ name, value }) => `${name} = ${value}`).join(', ');
    return found('critical', `${summary}: ${RISKY[first.name]?.danger ?? ''}`, {
      evidence: bad.map(({ name, value }) => ({ name, value, danger: RISKY[name]?.danger ?? null })),
      remedy: 'Set them back, unless the data of this server may be lost.',
      sql: [...bad.map(({ name }) => `alter system reset ${name};`), 'select pg_reload_conf();'],
    });
  },
});

const extensionsOutdated = defineCheck({
  id: 'extension.outdated',
  title: 'extensions behind their files',
  needs: ['extensions'],
  why: 'After an upgrade of its package an extension keeps its old SQL objects until it is updated in each database.',
  advice: 'Read its release notes, then ALTER EXTENSION ... UPDATE.',
  evaluate: ({ extensions, server }) => {
    const names = extensions.map(({ name, installed, available }) => `${name} ${installed} (${available})`);
    if (names.length === 0) return ok(`extensions of database ${server.database} are up to date`);
    return found('info', `can be updated: ${names.join(', ')}`, {
      evidence: extensions.map((extension) => ({ ...extension })),
      remedy: 'Read the release notes, then update them.',
      sql: extensions.map(({ name }) => `alter extension ${quoteIdentifier(name)} update;`),
    });
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
export const configurationChecks = [pending, risky, collation, extensionsOutdated, privileges] as const;
