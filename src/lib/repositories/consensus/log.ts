import { insertOne, raw, sql, type Executor } from '../base/index.js';
import { pageLimit } from '../base/page.js';
import { stateLog, type StateLogEntry } from './tables.js';
import { logCheckSchema, type LogCheck } from './types.js';
import type { LogKind } from './vocabulary.js';

/** An entry to append. Decisions are entered by the database itself. */
export interface NewState {
  readonly kind: Exclude<LogKind, 'proposal_decided'>;
  readonly payload: unknown;
  readonly term?: string;
}

/** Appends an entry to the chain. Appends wait for each other until their transactions end. */
export async function appendState(executor: Executor, state: NewState): Promise<StateLogEntry> {
  return executor.one(
    { method: 'appendState', operation: 'insert', table: stateLog, row: stateLog.row },
    sql`${insertOne(stateLog, { ...state })} returning ${stateLog.select()}`,
  );
}

/** The newest entry, optionally of one kind; undefined when there is none. */
export async function latestState(executor: Executor, kind?: LogKind): Promise<StateLogEntry | undefined> {
  return executor.first(
    { method: 'latestState', operation: 'select', table: stateLog, row: stateLog.row },
    sql`select ${stateLog.select()} from consensus.state_log
      ${kind === undefined ? raw('') : sql`where kind = ${kind}`} order by log_index desc limit 1`,
  );
}

/** The entries after this one in the order of the chain. */
export async function getLog(
  executor: Executor,
  afterIndex: string | bigint,
  limit?: number,
): Promise<StateLogEntry[]> {
  return executor.rows(
    { method: 'getLog', operation: 'select', table: stateLog, row: stateLog.row },
    sql`select ${stateLog.select()} from consensus.state_log
      where log_index > ${String(afterIndex)} order by log_index limit ${pageLimit(limit)}`,
  );
}

/** A part of the log, both ends included; without `to` its end is checked against the head of the chain. */
export interface LogSpan {
  readonly from?: string | bigint;
  readonly to?: string | bigint;
}

/** Recomputes the hash chain. */
export async function verifyLog(executor: Executor, { from = 1n, to }: LogSpan): Promise<LogCheck> {
  const last = to === undefined ? null : String(to);
  return executor.one(
    { method: 'verifyLog', operation: 'select', table: stateLog, row: logCheckSchema },
    sql`with span as (
        select l.*, lag(l.log_index, 1, 0::bigint) over w as earlier_index,
          lag(l.entry_hash, 1, decode(repeat('00', 32), 'hex')) over w as earlier_hash
        from consensus.state_log l
        where l.log_index >= ${String(from)}::int8 - 1 and (${last}::int8 is null or l.log_index <= ${last}::int8)
        window w as (order by l.log_index)
      ), checked as (
        select s.log_index, s.log_index <> s.earlier_index + 1 or s.prev_hash <> s.earlier_hash
          or s.entry_hash <> consensus.entry_hash(s.prev_hash, s.log_index, s.term, s.kind, s.proposal_id, s.payload)
          as is_bad
        from span s where s.log_index >= ${String(from)}::int8
      ), ending as (
        select coalesce(l.log_index, 0) as log_index, coalesce(h.last_index, 0) as head_index,
          l.entry_hash is not distinct from h.last_hash or l.log_index is null as is_same
        from (values (true)) one (singleton)
          left join consensus.log_head h on h.singleton
          left join (select * from consensus.state_log order by log_index desc limit 1) l on true
      ), found as (
        select min(c.log_index) as bad from checked c where c.is_bad
        union all
        -- Entries cut off at the end, or a head that was moved.
        select case when e.log_index <> e.head_index then least(e.log_index, e.head_index) + 1
                    when not e.is_same then e.log_index end
        from ending e where ${last}::int8 is null
      )
      select min(f.bad) is null as ok, (select count(*)::int from checked) as entries, min(f.bad) as first_bad_index
      from found f`,
  );
}
