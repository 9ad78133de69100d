-- Range partitions by time: one policy per parent, created ahead of time, dropped whole when expired.
-- Boundaries are UTC midnights whatever the session says: the functions pin TimeZone and DateStyle.

create table bk.partition_policies (
  parent      text     not null,
  step        text     not null default 'month',
  keep        interval,
  ahead       smallint not null default 3,
  append_only boolean  not null default false,
  constraint partition_policies_pkey          primary key (parent),
  constraint partition_policies_parent_format check (parent ~ '^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$'),
  constraint partition_policies_step_known    check (step in ('day', 'month')),
  constraint partition_policies_keep_positive check (keep > interval '0'),
  constraint partition_policies_ahead_range   check (ahead between 1 and 366)
);
comment on table  bk.partition_policies             is 'How each partitioned table is cut and how long it is kept';
comment on column bk.partition_policies.parent      is 'schema.table as text: a regclass would break a partial restore';
comment on column bk.partition_policies.keep        is 'Partitions that ended longer ago are dropped; null keeps all';
comment on column bk.partition_policies.ahead       is 'Partitions to have ready after the current one';
comment on column bk.partition_policies.append_only is 'Guard new partitions against TRUNCATE, seal them before a drop';

create table bk.partition_seals (
  partition      text        not null,
  parent         text        not null,
  lower_bound    timestamptz not null,
  upper_bound    timestamptz not null,
  row_count      bigint      not null,
  content_sha256 bytea       not null,
  sealed_at      timestamptz not null default clock_timestamp(),
  sealed_by      text        not null default bk.actor(),
  constraint partition_seals_pkey       primary key (partition, sealed_at),
  constraint partition_seals_bounds     check (lower_bound < upper_bound),
  constraint partition_seals_row_count  check (row_count >= 0),
  constraint partition_seals_sha256     check (octet_length(content_sha256) = 32)
);
comment on table bk.partition_seals is
  'What a dropped append-only partition held, to check an archive of it against';
comment on column bk.partition_seals.content_sha256 is
  'Chain over the rows as text in C order: h := sha256(h || row), from sha256('''')';

create trigger a_append_only before update or delete on bk.partition_seals
  for each row execute function bk.forbid_change();
create trigger a_no_truncate before truncate on bk.partition_seals
  for each statement execute function bk.forbid_change();


-- Looking -------------------------------------------------------------------------------------------------------------

create function bk.partitions(parent text)
  returns table (partition text, lower_bound timestamptz, upper_bound timestamptz, is_default boolean)
  language sql stable
  set search_path = pg_catalog set timezone = 'UTC' set datestyle = 'ISO, YMD'
  as $$
    select format('%I.%I', n.nspname, c.relname),
           substring(b.bound from $re$FROM \('([^']+)'\)$re$)::timestamptz,
           substring(b.bound from $re$TO \('([^']+)'\)$re$)::timestamptz,
           b.bound = 'DEFAULT'
    from pg_inherits i
      join pg_class c     on c.oid = i.inhrelid
      join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (select pg_get_expr(c.relpartbound, c.oid) as bound) b
    where i.inhparent = to_regclass(partitions.parent)
    order by 4 desc, 2
  $$;
comment on function bk.partitions(text) is
  'The partitions of a table and their bounds, the default one first; none when there is no such table';


-- Creating ------------------------------------------------------------------------------------------------------------

create function bk.create_partition(policy bk.partition_policies, lower_time timestamptz, upper_time timestamptz)
  returns table (partition text, rows_moved bigint)
  language plpgsql
  set search_path = pg_catalog set timezone = 'UTC' set datestyle = 'ISO, YMD'
  as $$
declare
  parent       regclass := policy.parent::regclass;
  owner_name   name;
  key_column   name;
  column_list  text;
  default_part text;
  occupied     boolean := false;
begin
  select pg_get_userbyid(c.relowner), k.attname, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
  into owner_name, key_column, column_list
  from pg_partitioned_table t
    join pg_class c     on c.oid = t.partrelid
    join pg_attribute k on k.attrelid = t.partrelid and k.attnum = t.partattrs[0]
    join pg_attribute a on a.attrelid = t.partrelid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  where t.partrelid = parent
  group by 1, 2;

  partition := format('%I.%I', split_part(policy.parent, '.', 1),
                      split_part(policy.parent, '.', 2)
                      || to_char(lower_time, case policy.step when 'day' then '_YYYY_MM_DD' else '_YYYY_MM' end));
  rows_moved := 0;

  execute format('create table %s (like %s including defaults including constraints including generated '
                 'including storage including comments)', partition, parent);
  if owner_name <> current_user then
    execute format('alter table %s owner to %I', partition, owner_name);
  end if;

  -- Rows that came before their partition wait in the default one, and have to leave it. Locks go parent first, in the
  -- order of a writer; a writer already on its way to the default partition would otherwise be refused by it. Readers of
  -- other partitions go on.
  select p.partition into default_part from bk.partitions(policy.parent) p where p.is_default;
  if default_part is not null then
    execute format('lock table only %s in share row exclusive mode', parent);
    execute format('lock table only %s in access exclusive mode', default_part);
    execute format('select exists (select from only %s where %I >= $1 and %2$I < $2)', default_part, key_column)
      into occupied using lower_time, upper_time;
  end if;
  if occupied then
    execute format('alter table %s disable trigger user', default_part);
    execute format('with moved as (delete from only %s where %I >= $1 and %2$I < $2 returning %3$s) '
                   'insert into %4$s (%3$s) select %3$s from moved', default_part, key_column, column_list, partition)
      using lower_time, upper_time;
    get diagnostics rows_moved = row_count;
    execute format('alter table %s enable trigger user', default_part);
  end if;

  -- Attaching brings the parent's indexes and row triggers, but never its TRUNCATE trigger.
  execute format('alter table %s attach partition %s for values from (%L) to (%L)',
                 parent, partition, lower_time, upper_time);
  if policy.append_only then
    execute format('create trigger a_no_truncate before truncate on %s '
                   'for each statement execute function bk.forbid_change()', partition);
  end if;
  return next;
end
$$;
comment on function bk.create_partition(bk.partition_policies, timestamptz, timestamptz) is
  'Creates one partition, moving its rows out of the default one in the same transaction; called by ensure_partitions';

create function bk.ensure_partitions(parent text, from_time timestamptz, to_time timestamptz)
  returns table (partition text, rows_moved bigint)
  language plpgsql
  set search_path = pg_catalog set timezone = 'UTC' set datestyle = 'ISO, YMD'
  as $$
declare
  policy     bk.partition_policies;
  step       interval;
  lower_time timestamptz;
begin
  select p.* into policy from bk.partition_policies p where p.parent = ensure_partitions.parent;
  if not found then
    raise exception using
      errcode = 'undefined_object',
      message = format('no partition policy for "%s"', ensure_partitions.parent),
      hint    = 'name the table as schema.table, and insert its row into bk.partition_policies first';
  end if;

  -- One creator at a time; who waited finds below what the other one made.
  perform pg_advisory_xact_lock(hashtextextended('bk.partitions:' || policy.parent, 0));

  step       := ('1 ' || policy.step)::interval;
  lower_time := date_trunc(policy.step, from_time);
  while lower_time <= to_time loop
    if not exists (
      select from bk.partitions(policy.parent) p
      where p.lower_bound <= lower_time and p.upper_bound >= lower_time + step
    ) then
      return query select * from bk.create_partition(policy, lower_time, lower_time + step);
    end if;
    lower_time := lower_time + step;
  end loop;
end
$$;
comment on function bk.ensure_partitions(text, timestamptz, timestamptz) is
  'Creates the missing partitions for every instant of [from_time, to_time] and returns them, with the number of rows '
  'each took over from the default partition. Idempotent, safe to run from several sessions. Writers of the table wait '
  'for a moment: run it under a lock_timeout';


-- Dropping ------------------------------------------------------------------------------------------------------------

create function bk.seal_partition(parent text, partition text, lower_bound timestamptz, upper_bound timestamptz)
  returns void
  language plpgsql
  set search_path = pg_catalog set timezone = 'UTC' set datestyle = 'ISO, YMD' set bytea_output = 'hex'
  as $$
declare
  digest    bytea  := sha256(''::bytea);
  row_count bigint := 0;
  row_text  text;
begin
  execute format('lock table only %s in exclusive mode', partition::regclass);
  for row_text in execute format('select r::text from only %s r order by r::text collate "C"', partition::regclass) loop
    digest    := sha256(digest || convert_to(row_text, 'UTF8'));
    row_count := row_count + 1;
  end loop;
  insert into bk.partition_seals (parent, partition, lower_bound, upper_bound, row_count, content_sha256)
  values (parent, partition, lower_bound, upper_bound, row_count, digest);
end
$$;
comment on function bk.seal_partition(text, text, timestamptz, timestamptz) is
  'Records count and digest of a partition that is about to be dropped; writers of it wait meanwhile';

create function bk.drop_partitions_before(parent text, before timestamptz)
  returns setof text
  language plpgsql
  set search_path = pg_catalog set timezone = 'UTC' set datestyle = 'ISO, YMD'
  as $$
declare
  is_append_only boolean;
  expired        record;
begin
  select p.append_only into is_append_only from bk.partition_policies p where p.parent = drop_partitions_before.parent;
  if not found then
    raise exception using
      errcode = 'undefined_object',
      message = format('no partition policy for "%s"', drop_partitions_before.parent),
      hint    = 'name the table as schema.table, and insert its row into bk.partition_policies first';
  end if;

  perform pg_advisory_xact_lock(hashtextextended('bk.partitions:' || parent, 0));
  for expired in
    select p.* from bk.partitions(parent) p where p.upper_bound <= before order by p.lower_bound
  loop
    if is_append_only then
      perform bk.seal_partition(parent, expired.partition, expired.lower_bound, expired.upper_bound);
    end if;
    execute format('drop table %s', expired.partition);
    return next expired.partition;
  end loop;
end
$$;
comment on function bk.drop_partitions_before(text, timestamptz) is
  'Drops the partitions that end at or before an instant, sealing append-only ones first, and returns their names. '
  'A drop locks the parent for a moment: run it under a lock_timeout';


-- Both, for cron ------------------------------------------------------------------------------------------------------

create function bk.maintain_partitions(now timestamptz default now())
  returns table (parent text, action text, partition text)
  language plpgsql
  set search_path = pg_catalog set timezone = 'UTC' set datestyle = 'ISO, YMD'
  as $$
declare
  policy       bk.partition_policies;
  horizon      timestamptz;
  key_column   name;
  default_part text;
  late         timestamptz;
  late_periods timestamptz[];
  made         record;
begin
  for policy in select p.* from bk.partition_policies p order by p.parent loop
    -- A partial restore brings policies of tables that are not there.
    continue when to_regclass(policy.parent) is null;
    parent  := policy.parent;
    horizon := now + policy.ahead * ('1 ' || policy.step)::interval;

    for made in select e.* from bk.ensure_partitions(policy.parent, now, horizon) e loop
      action    := case made.rows_moved when 0 then 'created'
                     else format('created, %s rows moved from default', made.rows_moved) end;
      partition := made.partition;
      return next;
    end loop;

    -- Periods that passed while nobody ran this have their rows in the default partition.
    select a.attname into key_column
    from pg_partitioned_table t join pg_attribute a on a.attrelid = t.partrelid and a.attnum = t.partattrs[0]
    where t.partrelid = policy.parent::regclass;
    select p.partition into default_part from bk.partitions(policy.parent) p where p.is_default;
    if default_part is not null then
      -- Read to the end first: a table that a query is still reading cannot be altered.
      execute format('select array_agg(distinct date_trunc(%L, %I)) from only %s where %2$I < $1',
                     policy.step, key_column, default_part) into late_periods using now;
      foreach late in array coalesce(late_periods, '{}') loop
        for made in select e.* from bk.ensure_partitions(policy.parent, late, late) e loop
          action    := format('created, %s rows moved from default', made.rows_moved);
          partition := made.partition;
          return next;
        end loop;
      end loop;
    end if;

    if policy.keep is not null then
      for partition in select d from bk.drop_partitions_before(policy.parent, now - policy.keep) d loop
        action := 'dropped';
        return next;
      end loop;
    end if;
  end loop;
end
$$;
comment on function bk.maintain_partitions(timestamptz) is
  'Applies every policy: creates the partitions ahead, drains the default ones, drops what has expired; returns what '
  'it did. Idempotent; meant for cron, under a lock_timeout';
