-- Schema bk: the vocabulary and the guard functions that every domain shares.
--
-- House rules of all the migrations in this folder:
--   * every name is qualified and search_path is never relied upon; built-ins come from pg_catalog, which PostgreSQL
--     always searches first;
--   * triggers fire in name order: a_ fills and guards, b_ guards transitions, c_ freezes columns, z_ acts afterwards,
--     zz_touch stamps the row;
--   * a trigger's WHEN clause holds the rule and its function only raises, so that a legal change costs almost nothing;
--   * a rule that reads other rows locks first and reads in a second statement, so that READ COMMITTED is enough.

create schema bk;
comment on schema bk is 'Shared by all domains: types, guard functions, partition maintenance, verify()';


-- Vocabulary ----------------------------------------------------------------------------------------------------------

create type bk.framework_kind as enum
  ('empirical', 'contextual', 'consistency', 'power_dynamics', 'utility', 'evolution', 'meta');
comment on type bk.framework_kind is 'The verification frameworks; meta judges the other six';

create type bk.philosophy as enum
  ('positivist', 'interpretivist', 'pragmatist', 'correspondence', 'coherence', 'constructivist');
comment on type bk.philosophy is 'The theory of truth behind a judgement';

create type bk.claim_domain as enum ('empirical', 'aesthetic', 'ethical', 'logical', 'social', 'creative');
comment on type bk.claim_domain is 'What kind of claim is being verified';

create type bk.severity as enum ('debug', 'info', 'warning', 'error', 'critical');
comment on type bk.severity is 'Ordered: severity >= ''warning'' selects what needs attention';


-- Keys and hashes -----------------------------------------------------------------------------------------------------

-- From 18 on the server has a version 7 generator of its own.
do $do$
begin
  if current_setting('server_version_num')::integer >= 180000 then
    create function bk.uuid_v7() returns uuid
      language sql volatile parallel safe
      as 'select pg_catalog.uuidv7()';
  else
    -- A random version 4 whose first 48 bits become the clock in milliseconds; bits 52 and 53 turn version 4 into 7.
    create function bk.uuid_v7() returns uuid
      language sql volatile parallel safe
      as $$
        select encode(
          set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
                    from 1 for 6),
            52, 1), 53, 1),
          'hex')::uuid
      $$;
  end if;
end
$do$;
comment on function bk.uuid_v7() is
  'Time-ordered UUID, version 7. Near in time is near in the index, but it is no clock: order by (created_at, id)';

create function bk.text_sha256(value text) returns bytea
  language sql stable strict parallel safe
  as $$ select sha256(convert_to(value, 'UTF8')) $$;
comment on function bk.text_sha256(text) is
  'SHA-256 of the UTF-8 form. STABLE because convert_to is, hence content hashes are filled by triggers';

create function bk.actor() returns text
  language sql stable parallel safe
  as $$ select coalesce(nullif(current_setting('bk.actor', true), ''), session_user::text) $$;
comment on function bk.actor() is
  'Who acts: set_config(''bk.actor'', name, true) at the start of the transaction, else the session user';


-- Guard functions -----------------------------------------------------------------------------------------------------

create function bk.touch_row() returns trigger
  language plpgsql
  as $$
begin
  new.row_version := old.row_version + 1;
  new.updated_at  := now();
  return new;
end
$$;
comment on function bk.touch_row() is
  'Stamps a changed row (trigger zz_touch). The WHEN clause of the trigger decides whether the row changed';

create function bk.refuse() returns trigger
  language plpgsql
  as $$
declare
  old_row jsonb := to_jsonb(old);
  new_row jsonb := to_jsonb(new);
  message text  := tg_argv[1];
  mark    text;
begin
  for mark in select distinct m[1] from regexp_matches(message, '\{((?:old|new)\.[a-z0-9_]+)\}', 'g') m loop
    message := replace(
      message, '{' || mark || '}',
      coalesce(case left(mark, 3) when 'old' then old_row else new_row end ->> substr(mark, 5), 'null'));
  end loop;
  raise exception using
    errcode    = tg_argv[0],
    message    = message,
    hint       = tg_argv[2],
    schema     = tg_table_schema,
    table      = tg_table_name,
    constraint = tg_name;
end
$$;
comment on function bk.refuse() is
  'Raises refuse(sqlstate, message, hint). {old.x} and {new.x} in the message stand for the column x of the row; '
  'the trigger''s name arrives as the constraint name of the error. The rule itself is the trigger''s WHEN clause';

create function bk.forbid_change() returns trigger
  language plpgsql
  as $$
begin
  raise exception using
    errcode    = 'ZB002',
    message    = case tg_op when 'TRUNCATE'
      then format('%I.%I is guarded: truncate refused', tg_table_schema, tg_table_name)
      else format('rows of %I.%I are append-only: %s refused', tg_table_schema, tg_table_name, lower(tg_op)) end,
    hint       = case tg_op when 'TRUNCATE'
      then 'TRUNCATE would pass over the guards of the rows; delete what may be deleted, or recreate the database'
      else 'insert a new row instead' end,
    schema     = tg_table_schema,
    table      = tg_table_name,
    constraint = tg_name;
end
$$;
comment on function bk.forbid_change() is 'Refuses every change (ZB002), for rows and for TRUNCATE';

create function bk.forbid_direct_change() returns trigger
  language plpgsql
  as $$
begin
  if pg_trigger_depth() > 1 then
    return case tg_op when 'DELETE' then old else new end;
  end if;
  raise exception using
    errcode    = 'ZB002',
    message    = format('rows of %I.%I are immutable: %s refused', tg_table_schema, tg_table_name, lower(tg_op)),
    hint       = 'insert a new row instead; deleting the parent row takes its rows along',
    schema     = tg_table_schema,
    table      = tg_table_name,
    constraint = tg_name;
end
$$;
comment on function bk.forbid_direct_change() is
  'Refuses a change made by a statement (ZB002), lets one made by a foreign key action through';
