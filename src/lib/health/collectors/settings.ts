import type { Collector } from './collector.js';

/** A setting of the server as it is in force. */
export interface SettingFacts {
  readonly name: string;
  readonly value: string;
  readonly pendingRestart: boolean;
}

/** Settings that endanger data or wait for a restart. */
export const settings: Collector<readonly SettingFacts[]> = {
  tier: 'slow',
  collect: (sql) => sql<SettingFacts[]>`
    select s.name, s.setting as value, s.pending_restart as "pendingRestart"
      from pg_catalog.pg_settings s
     where s.pending_restart
        or s.name in ('fsync', 'full_page_writes', 'autovacuum', 'track_counts', 'zero_damaged_pages',
                      'ignore_checksum_failure', 'ignore_invalid_pages')
     order by s.name`,
};

/** An extension whose files are newer than what the database runs. */
export interface OutdatedExtension {
  readonly name: string;
  readonly installed: string;
  readonly available: string;
}

/** Extensions of the connected database that could be updated. */
export const extensions: Collector<readonly OutdatedExtension[]> = {
  tier: 'slow',
  collect: (sql) => sql<OutdatedExtension[]>`
    select e.extname::text as name, e.extversion as installed, a.default_version as available
      from pg_catalog.pg_extension e
      join pg_catalog.pg_available_extensions a on a.name = e.extname
     where e.extversion <> a.default_version
     order by e.extname`,
};
