-- Power dynamics: the ledger applies itself, the hierarchy has no cycle, coalitions keep their size.


-- Nodes: power moves only through the ledger --------------------------------------------------------------------------

create trigger a_no_initial_power before insert on power_dynamics.nodes
  for each row when (new.power <> 0)
  execute function bk.refuse('ZB007', 'node "{new.node_key}" cannot start with power {new.power}',
    'insert the node with power 0, then a grant into power_dynamics.ledger');

create trigger a_ledger_only before update on power_dynamics.nodes
  for each row when (new.power <> old.power and pg_trigger_depth() = 0)
  execute function bk.refuse('ZB007', 'power of node "{old.node_key}" moves only through the ledger',
    'insert a grant, revoke or transfer into power_dynamics.ledger');

create trigger zz_touch before update on power_dynamics.nodes
  for each row when (old.* is distinct from new.*)
  execute function bk.touch_row();


-- Ledger --------------------------------------------------------------------------------------------------------------

create function power_dynamics.apply_entry() returns trigger
  language plpgsql
  as $$
declare
  earlier  record;
  inactive text;
begin
  -- ON CONFLICT DO NOTHING looks for the key only after this trigger has moved the power, hence look first. The lock
  -- makes the same key wait, also when it names other nodes. Keys share 512 locks: one for each would fill the server's
  -- lock table in a transaction that writes thousands of entries.
  perform pg_advisory_xact_lock(hashtext('power_dynamics.ledger'), hashtext(new.entry_key) & 511);
  select l.kind, l.from_id, l.to_id, l.amount into earlier
  from power_dynamics.ledger l where l.entry_key = new.entry_key;
  if found then
    if (earlier.kind, earlier.from_id, earlier.to_id, earlier.amount)
       is not distinct from (new.kind, new.from_id, new.to_id, new.amount) then
      return null;
    end if;
    raise exception using
      errcode = 'unique_violation', schema = tg_table_schema, table = tg_table_name, constraint = 'ledger_entry_key_key',
      message = format('entry key "%s" belongs to another ledger entry', new.entry_key),
      hint    = 'use a new key for a new entry; a retry repeats kind, nodes and amount';
  end if;

  -- Both nodes in id order, so that opposite transfers cannot deadlock.
  perform from power_dynamics.nodes n where n.id in (new.from_id, new.to_id) order by n.id for no key update;
  select n.node_key into inactive
  from power_dynamics.nodes n where n.id in (new.from_id, new.to_id) and not n.is_active order by n.id limit 1;
  if found then
    raise exception using
      errcode = 'ZB008', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('node "%s" is inactive and takes no part in the ledger', inactive),
      hint    = 'activate it first; before a deactivation, transfer its balance away';
  end if;

  update power_dynamics.nodes n set power = n.power - new.amount where n.id = new.from_id
    returning n.power into new.from_balance;
  update power_dynamics.nodes n set power = n.power + new.amount where n.id = new.to_id
    returning n.power into new.to_balance;
  return new;
end
$$;
comment on function power_dynamics.apply_entry() is
  'Moves the amount and records the balances, both nodes locked in id order; refuses inactive nodes (ZB008). The same '
  'entry again is skipped (no row is inserted), another entry under a used key is a unique violation (23505)';

create trigger a_apply before insert on power_dynamics.ledger
  for each row execute function power_dynamics.apply_entry();

create trigger a_append_only before update or delete on power_dynamics.ledger
  for each row execute function bk.forbid_change();

create trigger a_no_truncate before truncate on power_dynamics.ledger
  for each statement execute function bk.forbid_change();


-- Relations: a hierarchy has no cycle ---------------------------------------------------------------------------------

create function power_dynamics.guard_hierarchy() returns trigger
  language plpgsql
  as $$
begin
  -- One hierarchical edge at a time: two edges could close a cycle that neither sees.
  perform pg_advisory_xact_lock(hashtextextended('power_dynamics.hierarchy', 0));
  if exists (
    with recursive below (node_id) as (
      select new.target_id
      union
      select r.target_id
      from below b
        join power_dynamics.relations r on r.source_id = b.node_id
      where r.kind = 'hierarchical' and r.dissolved_at is null and r.id <> new.id
    )
    select from below b where b.node_id = new.source_id
  ) then
    raise exception using
      errcode = 'ZB009', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('%s is already below %s: the hierarchy would have a cycle', new.source_id, new.target_id),
      hint    = 'dissolve a relation of that chain first';
  end if;
  return new;
end
$$;
comment on function power_dynamics.guard_hierarchy() is 'No live hierarchical relation closes a cycle (ZB009)';

create trigger a_acyclic before insert on power_dynamics.relations
  for each row when (new.kind = 'hierarchical' and new.dissolved_at is null)
  execute function power_dynamics.guard_hierarchy();

create trigger a_acyclic_update before update on power_dynamics.relations
  for each row when (new.kind = 'hierarchical' and new.dissolved_at is null and (
       old.kind <> 'hierarchical' or old.dissolved_at is not null
    or new.source_id <> old.source_id or new.target_id <> old.target_id))
  execute function power_dynamics.guard_hierarchy();

create trigger zz_touch before update on power_dynamics.relations
  for each row when (old.* is distinct from new.*)
  execute function bk.touch_row();


-- Coalitions: at least min_members while live, nobody once dissolved --------------------------------------------------

create function power_dynamics.guard_coalition_size() returns trigger
  language plpgsql
  as $$
declare
  touched   uuid[];
  coalition record;
  members   bigint;
begin
  if tg_table_name = 'coalitions' then
    touched := array[new.id];
  elsif tg_op = 'INSERT' then
    touched := array[new.coalition_id];
  elsif tg_op = 'DELETE' then
    touched := array[old.coalition_id];
  else
    touched := array[old.coalition_id, new.coalition_id];
  end if;

  -- Lock first, count in a second statement: two members leaving at once would each count the other one.
  for coalition in
    select c.id, c.coalition_key, c.min_members, c.dissolved_at
    from power_dynamics.coalitions c where c.id = any (touched) order by c.id for no key update
  loop
    select count(*) into members
    from power_dynamics.coalition_members m where m.coalition_id = coalition.id and m.left_at is null;
    if coalition.dissolved_at is null and members < coalition.min_members
       or coalition.dissolved_at is not null and members > 0 then
      raise exception using
        errcode = 'ZB006', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
        message = case when coalition.dissolved_at is null
          then format('coalition "%s" would have %s members, it needs %s',
                      coalition.coalition_key, members, coalition.min_members)
          else format('coalition "%s" is dissolved and would still have %s members',
                      coalition.coalition_key, members) end,
        hint    = case when coalition.dissolved_at is null
          then 'insert a coalition with its members in one transaction; dissolve it before it becomes too small'
          else 'set left_at of its members in the transaction that dissolves it' end;
    end if;
  end loop;
  return null;
end
$$;
comment on function power_dynamics.guard_coalition_size() is
  'At commit: a live coalition has min_members live members, a dissolved one has none (ZB006)';

create constraint trigger coalition_size after insert or update on power_dynamics.coalitions
  deferrable initially deferred
  for each row execute function power_dynamics.guard_coalition_size();

create constraint trigger coalition_size after insert or update or delete on power_dynamics.coalition_members
  deferrable initially deferred
  for each row execute function power_dynamics.guard_coalition_size();

create trigger zz_touch before update on power_dynamics.coalitions
  for each row when (old.* is distinct from new.*)
  execute function bk.touch_row();
