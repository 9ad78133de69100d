import { quoteLiteral, type Sql } from '../core/database.js';
import type { Direction } from './migration.js';

/** How far a migration without a transaction came: one row for each unit that was begun. */
export interface JournalRow {
  readonly ordinal: number;
  readonly checksum: string;
  readonly finished: boolean;
  /** The server process that ran it, while that is at work; otherwise null. */
  readonly runningPid: number | null;
  /** False where it ran behind a pooler. */
  readonly pidKnown: boolean;
}

/** What the journal is about. */
export interface JournalKey {
  readonly version: string;
  readonly direction: Direction;
}

export async function readJournal(
  sql: Sql,
  { version, direction }: JournalKey,
): Promise<readonly JournalRow[]> {
  return sql<JournalRow[]>`
    select s.ordinal, s.checksum, s.finished_at is not null as finished, a.pid as "runningPid",
           s.pid is not null as "pidKnown"
      from bk_migrations.statement s
      left join pg_catalog.pg_stat_activity a
        on a.pid = s.pid and a.backend_start = s.backend_start and a.pid <> pg_catalog.pg_backend_pid()
       and a.state is distinct from 'idle'
     where s.version = ${version} and s.direction = ${direction}
     order by s.ordinal`;
}

/** Records that a unit begins on this connection, in the server process `pid` where that is known. */
export async function journalStart(
  sql: Sql,
  key: JournalKey,
  unit: { ordinal: number; checksum: string; pid: number | undefined },
): Promise<void> {
  await sql`
    insert into bk_migrations.statement (version, direction, ordinal, checksum, pid, backend_start)
    select ${key.version}, ${key.direction}, ${unit.ordinal}, ${unit.checksum}, a.pid, a.backend_start
      from (select ${unit.pid ?? null}::int as pid) known
      left join pg_catalog.pg_stat_activity a on a.pid = known.pid
    on conflict (version, direction, ordinal) do update
       set checksum = excluded.checksum, pid = excluded.pid, backend_start = excluded.backend_start,
           started_at = excluded.started_at`;
}

export async function journalFinish(sql: Sql, key: JournalKey, ordinal: number): Promise<void> {
  await sql`
    update bk_migrations.statement set finished_at = pg_catalog.clock_timestamp()
     where version = ${key.version} and direction = ${key.direction} and ordinal = ${ordinal}`;
}

/** The statement that records a unit as done, for the unit's own transaction. */
export function finishedStatement(key: JournalKey, unit: { ordinal: number; checksum: string }): string {
  return `insert into bk_migrations.statement (version, direction, ordinal, checksum, finished_at)
    values (${quoteLiteral(key.version)}, ${quoteLiteral(key.direction)}, ${unit.ordinal}, ${quoteLiteral(unit.checksum)},
            pg_catalog.clock_timestamp())
    on conflict (version, direction, ordinal) do update
       set checksum = excluded.checksum, finished_at = excluded.finished_at`;
}
