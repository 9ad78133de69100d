import { onlyRow, type Collector } from './collector.js';

/** How much of a sequence is used up, by its own limits and those of the column it fills. */
export interface SequenceUse {
  readonly schema: string;
  readonly name: string;
  readonly column: string | null;
  readonly lastValue: string;
  readonly limit: string;
  readonly usedPercent: number;
  readonly cycles: boolean;
}

export interface SequencesFacts {
  readonly total: number;
  /** Sequences whose value the role may not read, and their schemas. */
  readonly hidden: number;
  readonly hiddenSchemas: readonly string[];
  /** The fullest ones, half used or more. */
  readonly fullest: readonly SequenceUse[];
}

interface Row extends Omit<SequencesFacts, 'fullest'> {
  readonly fullest: readonly SequenceUse[] | null;
}

/**
 * Sequences of the connected database: owned, identity, and those that a column's default merely names.
 * A value lives in an int column often enough although the sequence counts in bigint.
 */
export const sequences: Collector<SequencesFacts> = {
  tier: 'slow',
  collect: async (sql) => {
    const row = onlyRow(
      await sql<Row[]>`
        with column_of as (
          select d.objid as seq, d.refobjid as rel, d.refobjsubid as num
            from pg_catalog.pg_depend d
           where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
             and d.deptype in ('a', 'i') and d.refobjsubid > 0
          union
          select d.refobjid, f.adrelid, f.adnum
            from pg_catalog.pg_depend d
            join pg_catalog.pg_attrdef f on f.oid = d.objid
           where d.classid = 'pg_catalog.pg_attrdef'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
        ), narrowest as (
          select distinct on (o.seq) o.seq, o.rel, a.attname,
                 case a.atttypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647
                                 else 9223372036854775807 end::numeric as most
            from column_of o
            join pg_catalog.pg_attribute a on a.attrelid = o.rel and a.attnum = o.num
           order by o.seq, most
        ), sequence as (
          select n.nspname, c.relname, s.seqcycle, s.seqincrement,
                 case when pg_catalog.has_sequence_privilege(c.oid, 'SELECT,USAGE')
                      then pg_catalog.pg_sequence_last_value(c.oid) end::numeric as last,
                 pg_catalog.has_sequence_privilege(c.oid, 'SELECT,USAGE') as readable,
                 least(s.seqmax, coalesce(w.most, s.seqmax)) as top,
                 greatest(s.seqmin, coalesce(-w.most - 1, s.seqmin)) as bottom,
                 tn.nspname || '.' || t.relname || '.' || w.attname as "column"
            from pg_catalog.pg_sequence s
            join pg_catalog.pg_class c on c.oid = s.seqrelid and c.relpersistence <> 't'
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            left join narrowest w on w.seq = s.seqrelid
            left join pg_catalog.pg_class t on t.oid = w.rel
            left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
        ), used as (
          select s.*,
                 round(case when last is null or top <= bottom then 0
                            when seqincrement > 0 then (last - least(last, greatest(bottom, 0))) / (top - greatest(bottom, 0))
                            else (least(top, -1) - last) / (least(top, -1) - bottom) end * 100, 1)::float8 as percent
            from sequence s
        )
        select (select count(*) from used)::int as total,
               (select count(*) from used where not readable)::int as hidden,
               array(select distinct nspname::text from used where not readable) as "hiddenSchemas",
               (select jsonb_agg(to_jsonb(f)) from (
                  select nspname as schema, relname as name, "column", last::text as "lastValue",
                         case when seqincrement > 0 then top else bottom end::text as "limit",
                         percent as "usedPercent", seqcycle as cycles
                    from used where percent >= 50 order by percent desc limit 50) f) as fullest`,
    );
    return { ...row, fullest: row.fullest ?? [] };
  },
};
