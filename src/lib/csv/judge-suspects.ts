import { randomBytes } from 'node:crypto';
import { copyIn } from '../core/copy-in.js';
import { quoteLiteral, type TransactionSql } from '../core/database.js';
import { arrayText, copyField } from '../core/text-format.js';
import { filled, insertFromSuspects, REJECTS, SUSPECTS, type LoadPlan } from './load-statements.js';
import type { Field } from './record-fields.js';

/** A row that is tried on its own. */
export interface Suspect {
  readonly fields: readonly Field[];
}

/** What the server said of a suspect. */
export interface Verdict {
  /** Its place among the suspects. */
  readonly place: number;
  readonly sqlState: string;
  readonly reason: string;
  readonly column: string | null;
  readonly value: string | null;
}

/** Rows that are tried together before they are tried one by one. */
const BLOCK_ROWS = 16;

/**
 * Lets the server judge rows: those that fit are loaded, each other one comes back with its reason. Blocks are tried
 * first; in a block that fails each row has its own try, as it stands in the file.
 */
export async function judgeSuspects(
  sql: TransactionSql,
  plan: LoadPlan,
  suspects: readonly Suspect[],
): Promise<{ readonly loaded: number; readonly verdicts: readonly Verdict[] }> {
  await sql.unsafe(`
    create temporary table if not exists bk_db_csv_suspects (n int primary key, fields text[]) on commit drop;
    create temporary table if not exists bk_db_csv_rejects
      (n int, sqlstate text, reason text, "column" text, loaded bigint) on commit drop;
    truncate ${SUSPECTS}, ${REJECTS}`);
  await copyIn(sql, `copy ${SUSPECTS} from stdin (encoding 'UTF8')`, lines(suspects));
  await sql.unsafe(judgement(plan, suspects.length));
  const rows = await sql.unsafe<
    { n: number; sqlstate: string | null; reason: string; column: string | null; loaded: string | null }[]
  >(`select * from ${REJECTS} order by n`);
  const indexes = new Map(filled(plan).map(({ column, index }) => [column.name, index]));
  const verdicts = rows.flatMap(({ n, sqlstate, reason, column }) => {
    if (sqlstate === null) return [];
    const culprit = column ?? keyColumn(reason);
    const index = culprit === null ? undefined : indexes.get(culprit);
    const value = index === undefined ? null : (suspects[n]?.fields[index] ?? null);
    return [{ place: n, sqlState: sqlstate, reason, column: culprit, value }];
  });
  return { loaded: Number(rows.find(({ loaded }) => loaded !== null)?.loaded ?? 0), verdicts };
}

/** `Key (parent_id)=(99) is not present`: the column, where the key has only one. */
function keyColumn(reason: string): string | null {
  return /Key \(("(?:[^"]|"")+"|[^,)"]+)\)=/.exec(reason)?.[1]?.replaceAll('"', '') ?? null;
}

function* lines(suspects: readonly Suspect[]): Generator<string> {
  let chunk = '';
  for (const [place, { fields }] of suspects.entries()) {
    chunk += `${place}\t${copyField(arrayText(fields))}\n`;
    if (chunk.length < 1 << 18) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** Classes of SQLSTATE that are no row's fault: connection, resources, rights, syntax, locks, shutdown, bugs. */
export const NOT_OF_A_ROW = ['08', '0A', '40', '42', '53', '54', '55', '57', '58', 'XX'] as const;

/**
 * One message to the server, which tries rows without a round trip for each, and plans each statement once. Constraints that are deferred speak at the
 * commit, for all rows together. Which column a value does not fit is found by reading the row's values one by one.
 */
function judgement(plan: LoadPlan, count: number): string {
  const columns = filled(plan);
  const names = columns.map(({ column }) => quoteLiteral(column.name)).join(', ');
  const types = columns.map(({ column }) => quoteLiteral(column.fullType)).join(', ');
  const places = columns.map(({ index }) => index + 1).join(', ');
  const classes = `array[${NOT_OF_A_ROW.map(quoteLiteral).join(', ')}]`;
  // A tag that no name and no value can hold.
  const tag = `$bk_db_${randomBytes(8).toString('hex')}$`;
  return `do ${tag}
#variable_conflict use_column
<<bk_db>>
declare
  first int; last int; place int; affected bigint; loaded bigint := 0;
  state text; reason text; detail text; culprit text; rule text; at int; probe text;
  names text[] := array[${names}]; types text[] := array[${types}]; places int[] := array[${places}];
begin
  for block in 0 .. ${Math.max(0, Math.ceil(count / BLOCK_ROWS) - 1)} loop
    first := block * ${BLOCK_ROWS}; last := first + ${BLOCK_ROWS - 1};
    begin
      ${insertFromSuspects(plan, 'bk_db.first', 'bk_db.last')};
      get diagnostics affected = row_count;
      loaded := loaded + affected;
    exception when others then
      if left(sqlstate, 2) = any (${classes}) then raise; end if;
      for one in bk_db.first .. least(bk_db.last, ${count - 1}) loop
        place := one;
        begin
          ${insertFromSuspects(plan, 'bk_db.place', 'bk_db.place')};
          get diagnostics affected = row_count;
          loaded := loaded + affected;
        exception when others then
          get stacked diagnostics state = returned_sqlstate, reason = message_text, detail = pg_exception_detail,
            culprit = column_name, rule = constraint_name;
          if left(state, 2) = any (${classes}) then raise; end if;
          if state like '22%' or state like '23514%' then
            for at in 1 .. array_length(names, 1) loop
              begin
                execute format('select pg_catalog.count(*) from (select (fields[%s])::%s from ${SUSPECTS} where n = %s) x where x is not null',
                  places[at], types[at], place) into probe;
                if state = '22001' then
                  execute format('select (fields[%s])::%s::text = fields[%s] from ${SUSPECTS} where n = %s',
                    places[at], types[at], places[at], place) into probe;
                  if probe = 'false' then culprit := names[at]; exit; end if;
                end if;
              exception when others then
                culprit := names[at];
                exit;
              end;
            end loop;
          end if;
          if culprit = '' and state = '23514' then
            select a.attname into culprit
              from pg_catalog.pg_constraint k join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
             where k.conrelid = ${quoteLiteral(plan.table.sqlName)}::regclass and k.conname = rule and array_length(k.conkey, 1) = 1;
          end if;
          insert into ${REJECTS} values (place, state,
            case when detail is null or detail = '' or state in ('23502', '23514') then reason else reason || ': ' || detail end,
            nullif(culprit, ''), null);
        end;
      end loop;
    end;
  end loop;
  insert into ${REJECTS} values (null, null, '', null, loaded);
end ${tag}`;
}
