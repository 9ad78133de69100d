-- Framework: lifecycles of configurations and executions, gapless state versions.


-- Configurations ------------------------------------------------------------------------------------------------------

create function framework.fill_config() returns trigger
  language plpgsql
  as $$
begin
  new.data_sha256 := bk.text_sha256(new.data::text);
  return new;
end
$$;
comment on function framework.fill_config() is 'Fills the hash of the data';

create trigger a_fill before insert or update on framework.configs
  for each row execute function framework.fill_config();

create trigger b_initial before insert on framework.configs
  for each row when (new.status <> 'draft')
  execute function bk.refuse('ZB001',
    'revision {new.revision} of the {new.framework} configuration cannot start as {new.status}',
    'a configuration starts as draft; validate it, then activate it');

create trigger b_transition before update on framework.configs
  for each row when (new.status <> old.status and not (
       old.status = 'draft'  and new.status = 'active'
    or old.status = 'active' and new.status = 'retired'))
  execute function bk.refuse('ZB001',
    'revision {old.revision} of the {old.framework} configuration cannot go from {old.status} to {new.status}',
    'bring an old revision back as a new one that copies its data (copied_from_id)');

create trigger c_freeze before update on framework.configs
  for each row when (
       new.id          <> old.id
    or new.framework   <> old.framework
    or new.environment <> old.environment
    or new.revision    <> old.revision
    or new.created_at  <> old.created_at
    or old.status <> 'draft' and (
         new.data              <> old.data
      or new.framework_version <> old.framework_version
      or new.activated_at      is distinct from old.activated_at))
  execute function bk.refuse('ZB005',
    'revision {old.revision} of the {old.framework} configuration is {old.status} and fixed',
    'create a new revision');

create trigger c_no_delete before delete on framework.configs
  for each row when (old.status <> 'draft')
  execute function bk.refuse('ZB002',
    'revision {old.revision} of the {old.framework} configuration is history: delete refused',
    'only drafts can be deleted; retire an active revision by activating another');

create trigger a_no_truncate before truncate on framework.configs
  for each statement execute function bk.forbid_change();

create trigger zz_touch before update on framework.configs
  for each row when (old.* is distinct from new.*)
  execute function bk.touch_row();


-- Executions ----------------------------------------------------------------------------------------------------------

create trigger b_initial before insert on framework.executions
  for each row when (new.status <> 'queued')
  execute function bk.refuse('ZB001', 'execution "{new.execution_key}" cannot start as {new.status}',
    'an execution starts as queued; an import disables the triggers of the table and runs bk.verify() afterwards');

create trigger b_transition before update on framework.executions
  for each row when (new.status <> old.status and not (
       old.status = 'queued'  and new.status in ('running', 'cancelled')
    or old.status = 'running' and new.status in ('completed', 'failed', 'cancelled', 'timeout', 'queued')))
  execute function bk.refuse('ZB001', 'execution "{old.execution_key}" cannot go from {old.status} to {new.status}',
    'retry a finished execution as a new one (retry_of_id)');

-- The columns one by one: a WHEN clause may not name old.* when a column is generated.
create trigger zz_touch before update on framework.executions
  for each row when (
       old.id                is distinct from new.id
    or old.execution_key     is distinct from new.execution_key
    or old.framework         is distinct from new.framework
    or old.framework_version is distinct from new.framework_version
    or old.config_id         is distinct from new.config_id
    or old.request_id        is distinct from new.request_id
    or old.retry_of_id       is distinct from new.retry_of_id
    or old.attempt           is distinct from new.attempt
    or old.status            is distinct from new.status
    or old.input             is distinct from new.input
    or old.output            is distinct from new.output
    or old.worker            is distinct from new.worker
    or old.heartbeat_at      is distinct from new.heartbeat_at
    or old.started_at        is distinct from new.started_at
    or old.finished_at       is distinct from new.finished_at
    or old.cpu_percent       is distinct from new.cpu_percent
    or old.memory_mb         is distinct from new.memory_mb
    or old.gpu_percent       is distinct from new.gpu_percent
    or old.error_type        is distinct from new.error_type
    or old.error_message     is distinct from new.error_message
    or old.metadata          is distinct from new.metadata
    or old.row_version       is distinct from new.row_version
    or old.created_at        is distinct from new.created_at
    or old.updated_at        is distinct from new.updated_at)
  execute function bk.touch_row();


-- States: immutable, one after the other ------------------------------------------------------------------------------

create function framework.guard_state() returns trigger
  language plpgsql
  as $$
declare
  head record;
begin
  -- The writer has raised the head first and holds its lock, so this reads what will be committed.
  select h.current_version into head
  from framework.state_heads h where h.framework = new.framework and h.state_key = new.state_key;
  if not found or head.current_version <> new.version then
    raise exception using
      errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name, constraint = 'states_version_is_head',
      message = format('version %s of state "%s" is not the head (%s)',
                       new.version, new.state_key, coalesce(head.current_version::text, 'none')),
      hint    = 'raise framework.state_heads.current_version by one, then insert that version';
  end if;
  return new;
end
$$;
comment on function framework.guard_state() is
  'A new version is the one the head was just raised to: no gaps, no forks';

create trigger a_guard before insert on framework.states
  for each row execute function framework.guard_state();

create trigger a_immutable before update on framework.states
  for each row execute function bk.forbid_change();

create trigger a_no_truncate before truncate on framework.states
  for each statement execute function bk.forbid_change();

create trigger a_first before insert on framework.state_heads
  for each row when (new.current_version <> 1)
  execute function bk.refuse('23514', 'state "{new.state_key}" cannot start at version {new.current_version}',
    'the first version is 1');

create trigger a_next before update on framework.state_heads
  for each row when (new.current_version not in (old.current_version, old.current_version + 1)
    or new.framework <> old.framework or new.state_key <> old.state_key)
  execute function bk.refuse('23514',
    'state "{old.state_key}" cannot go from version {old.current_version} to {new.current_version}',
    'versions rise one by one; to bring an old one back, save its value as a new version (restored_from)');

create trigger a_immutable before update on framework.checkpoint_entries
  for each row execute function bk.forbid_change();

create trigger a_no_delete before delete on framework.checkpoint_entries
  for each row execute function bk.forbid_direct_change();
