import type { Collector } from './collector.js';

/** A setting that was changed in a file and waits for a restart. */
export interface PendingSetting {
  readonly name: string;
  readonly current: string;
}

/** Settings that differ from what the server would start with. */
export const pendingSettings: Collector<readonly PendingSetting[]> = {
  tier: 'slow',
  collect: (sql) => sql<PendingSetting[]>`
    select s.name, pg_catalog.current_setting(s.name) as current
      from pg_catalog.pg_settings s
     where s.pending_restart
     order by s.name`,
};
