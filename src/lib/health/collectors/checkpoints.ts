import { onlyRow, type Collector } from './collector.js';

/** Checkpoints since the counters were reset. */
export interface CheckpointFacts {
  /** Those that came by checkpoint_timeout. */
  readonly timed: number;
  /** Those that max_wal_size, a backup or a person asked for. */
  readonly requested: number;
  readonly sinceMs: number | null;
}

/** How often checkpoints come, and why. Version 17 moved the counters to a view of their own. */
export const checkpoints: Collector<CheckpointFacts> = {
  tier: 'slow',
  collect: async (sql, { versionNum }) => {
    const counters =
      versionNum >= 170_000
        ? sql`select num_timed as timed, num_requested as requested, stats_reset from pg_catalog.pg_stat_checkpointer`
        : sql`select checkpoints_timed as timed, checkpoints_req as requested, stats_reset from pg_catalog.pg_stat_bgwriter`;
    return onlyRow(
      await sql<CheckpointFacts[]>`
        select c.timed::float8 as timed, c.requested::float8 as requested,
               (extract(epoch from clock_timestamp() - c.stats_reset) * 1000)::float8 as "sinceMs"
          from (${counters}) c`,
    );
  },
};
