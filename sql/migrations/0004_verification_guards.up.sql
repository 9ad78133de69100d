-- Verification: the rules a constraint cannot say, and the audit trail that no change of status can skip.


-- Requests: filling, lifecycle, frozen columns ------------------------------------------------------------------------

create function verification.fill_request() returns trigger
  language plpgsql
  as $$
begin
  -- A request imported after its redaction brings its hash along.
  if new.content is not null then
    new.content_sha256 := bk.text_sha256(new.content);
  end if;
  new.deadline_at := coalesce(new.deadline_at, new.created_at + make_interval(secs => new.timeout_seconds));
  return new;
end
$$;
comment on function verification.fill_request() is 'Fills content hash and deadline of a new request';

create trigger a_fill before insert on verification.requests
  for each row execute function verification.fill_request();

create trigger b_initial before insert on verification.requests
  for each row when (new.status <> 'pending')
  execute function bk.refuse('ZB001', 'request "{new.request_key}" cannot start as {new.status}',
    'a request starts as pending; an import disables the triggers of the table and runs bk.verify() afterwards');

create trigger b_transition before update on verification.requests
  for each row when (new.status <> old.status and not (
       old.status = 'pending'     and new.status in ('in_progress', 'timeout', 'cancelled', 'failed')
    or old.status = 'in_progress' and new.status in ('completed', 'failed', 'timeout', 'cancelled', 'pending')))
  execute function bk.refuse('ZB001', 'request "{old.request_key}" cannot go from {old.status} to {new.status}',
    'claim a request before completing it; a final one stays final, verify again with a new one (reverifies_id)');

create trigger c_freeze before update on verification.requests
  for each row when (
       new.id             <> old.id
    or new.request_key    <> old.request_key
    or new.client_id      <> old.client_id
    or new.content_sha256 <> old.content_sha256
    or new.created_at     <> old.created_at
    or new.content is not null and new.content is distinct from old.content)
  execute function bk.refuse('ZB005', 'identity and content of request "{old.request_key}" are fixed',
    'content can only be redacted (set to null together with redacted_at); anything else is a new request');

create trigger zz_touch before update on verification.requests
  for each row when (old.* is distinct from new.*)
  execute function bk.touch_row();


-- Requests: the audit trail -------------------------------------------------------------------------------------------

create function verification.audit_request() returns trigger
  language plpgsql
  as $$
begin
  insert into verification.audit_log (event, severity, request_id, request_key, client_id, data)
  values (
    coalesce(tg_argv[0], 'request.' || new.status),
    case when tg_argv[0] is null and new.status = 'failed'  then 'error'
         when tg_argv[0] is null and new.status = 'timeout' then 'warning'
         else 'info' end::bk.severity,
    new.id, new.request_key, new.client_id,
    jsonb_strip_nulls(jsonb_build_object(
      'status',         new.status,
      'from',           case tg_op when 'UPDATE' then old.status end,
      'attempts',       new.attempts,
      'claimed_by',     new.claimed_by,
      'failure_reason', new.failure_reason)));
  return null;
end
$$;
comment on function verification.audit_request() is
  'Writes an audit row: the event named by the trigger, else request.<new status>';

create trigger z_audit_created after insert on verification.requests
  for each row execute function verification.audit_request('request.created');

create trigger z_audit_redacted after update on verification.requests
  for each row when (old.redacted_at is null and new.redacted_at is not null)
  execute function verification.audit_request('content.redacted');

create trigger z_audit_status after update on verification.requests
  for each row when (new.status <> old.status)
  execute function verification.audit_request();


-- Frameworks: at least one, and fixed once the request is claimed -----------------------------------------------------

create function verification.require_framework() returns trigger
  language plpgsql
  as $$
declare
  request record;
begin
  if tg_op = 'INSERT' then
    select r.id, r.request_key into request from verification.requests r where r.id = new.id;
  else
    select r.id, r.request_key into request from verification.requests r where r.id = old.request_id;
  end if;
  if found and not exists (select from verification.request_frameworks f where f.request_id = request.id) then
    raise exception using
      errcode    = 'ZB010',
      message    = format('request "%s" names no framework', request.request_key),
      hint       = 'insert its verification.request_frameworks in the same transaction',
      schema     = tg_table_schema,
      table      = tg_table_name,
      constraint = tg_name;
  end if;
  return null;
end
$$;
comment on function verification.require_framework() is 'At commit: a request that exists names a framework (ZB010)';

create constraint trigger has_framework after insert on verification.requests
  deferrable initially deferred
  for each row execute function verification.require_framework();

create constraint trigger has_framework after delete on verification.request_frameworks
  deferrable initially deferred
  for each row when (pg_trigger_depth() = 0)
  execute function verification.require_framework();

create function verification.guard_framework() returns trigger
  language plpgsql
  as $$
declare
  request record;
begin
  -- The lock orders us against a claim, and two deletions of the last two frameworks against each other.
  select r.request_key, r.status into request
  from verification.requests r
  where r.id = case tg_op when 'INSERT' then new.request_id else old.request_id end
  for no key update;
  if request.status <> 'pending' then
    raise exception using
      errcode    = 'ZB011',
      message    = format('request "%s" is %s: its frameworks are fixed', request.request_key, request.status),
      hint       = 'frameworks can change while the request is pending; ask again with a new request',
      schema     = tg_table_schema,
      table      = tg_table_name,
      constraint = tg_name;
  end if;
  return case tg_op when 'DELETE' then old else new end;
end
$$;
comment on function verification.guard_framework() is
  'The frameworks of a request change only while it is pending (ZB011)';

create trigger a_guard before insert or update on verification.request_frameworks
  for each row execute function verification.guard_framework();

create trigger a_guard_delete before delete on verification.request_frameworks
  for each row when (pg_trigger_depth() = 0)
  execute function verification.guard_framework();

create trigger a_no_truncate before truncate on verification.request_frameworks
  for each statement execute function bk.forbid_change();

create trigger c_freeze before update on verification.request_frameworks
  for each row when (new.request_id <> old.request_id or new.framework <> old.framework)
  execute function bk.refuse('ZB005', 'framework {old.framework} cannot be moved or renamed',
    'delete the row and insert another one while the request is pending');


-- Metrics: a completed request has them -------------------------------------------------------------------------------

create function verification.require_metrics() returns trigger
  language plpgsql
  as $$
declare
  request record;
begin
  -- Two statements, because the row of one table lacks the column of the other.
  if tg_op = 'UPDATE' then
    select r.id, r.request_key into request
    from verification.requests r where r.id = new.id and r.status = 'completed';
  else
    select r.id, r.request_key into request
    from verification.requests r where r.id = old.request_id and r.status = 'completed';
  end if;
  if found and not exists (select from verification.request_metrics m where m.request_id = request.id) then
    raise exception using
      errcode    = 'ZB013',
      message    = format('request "%s" is completed without metrics', request.request_key),
      hint       = 'insert its verification.request_metrics in the same transaction',
      schema     = tg_table_schema,
      table      = tg_table_name,
      constraint = tg_name;
  end if;
  return null;
end
$$;
comment on function verification.require_metrics() is 'At commit: a completed request has its metrics (ZB013)';

create constraint trigger has_metrics after update on verification.requests
  deferrable initially deferred
  for each row when (new.status = 'completed' and old.status <> 'completed')
  execute function verification.require_metrics();

create constraint trigger has_metrics after delete on verification.request_metrics
  deferrable initially deferred
  for each row when (pg_trigger_depth() = 0)
  execute function verification.require_metrics();

create trigger a_no_truncate before truncate on verification.request_metrics
  for each statement execute function bk.forbid_change();

create trigger c_freeze before update on verification.request_metrics
  for each row when (new.request_id <> old.request_id)
  execute function bk.refuse('ZB005', 'the metrics of request {old.request_id} belong to it',
    'compute the metrics of the other request instead of moving these');


-- Results: only while the request is being worked on ------------------------------------------------------------------

create function verification.guard_result() returns trigger
  language plpgsql
  as $$
declare
  request record;
begin
  -- A share lock: results of several frameworks arrive side by side, but never across a change of status.
  select r.request_key, r.status into request
  from verification.requests r where r.id = new.request_id for share;
  if request.status <> 'in_progress' then
    raise exception using
      errcode    = 'ZB011',
      message    = format('request "%s" is %s: no result can be recorded', request.request_key, request.status),
      hint       = 'claim the request first; a final one is verified again by a new request (reverifies_id)',
      schema     = tg_table_schema,
      table      = tg_table_name,
      constraint = tg_name;
  end if;
  return new;
end
$$;
comment on function verification.guard_result() is 'Results change only while their request is in progress (ZB011)';

create trigger a_guard before insert or update on verification.results
  for each row execute function verification.guard_result();

create trigger a_no_delete before delete on verification.results
  for each row when (pg_trigger_depth() = 0)
  execute function bk.forbid_direct_change();

create trigger a_no_truncate before truncate on verification.results
  for each statement execute function bk.forbid_change();

create trigger c_freeze before update on verification.results
  for each row when (new.id <> old.id or new.request_id <> old.request_id or new.framework <> old.framework)
  execute function bk.refuse('ZB005', 'the result of framework {old.framework} belongs to its request',
    'record another result instead of moving this one');
