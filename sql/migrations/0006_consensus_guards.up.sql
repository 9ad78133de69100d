-- Consensus: the tally, and the guards of nodes, proposals and their electorate.


-- Tally ---------------------------------------------------------------------------------------------------------------

create function consensus.tally(
  proposal uuid,
  ballot   uuid                   default null,
  phase    consensus.ballot_phase default 'accept'
)
  returns table (
    votes              bigint,
    weight_for         numeric,
    weight_against     numeric,
    weight_abstained   numeric,
    weight_total       numeric,
    quorum             numeric,
    score              float8,
    missing_frameworks bk.framework_kind[],
    outcome            consensus.proposal_status
  )
  language sql stable rows 1
  as $$
    with target as (
      select p.*, coalesce(tally.ballot, p.current_ballot_id) as ballot_id
      from consensus.proposals p
      where p.id = tally.proposal
    ),
    electorate as (
      select sum(e.weight) as total
      from target t join consensus.electors e on e.proposal_id = t.id
    ),
    ballots_cast as (
      select v.id, v.decision, v.confidence, e.weight
      from target t
        join consensus.votes v    on v.ballot_id = t.ballot_id and v.phase = tally.phase
        join consensus.electors e on e.proposal_id = v.proposal_id and e.node_id = v.node_id
    ),
    credit (verdict, value) as (
      values ('approve'::consensus.approval, 1::numeric), ('conditional', 0.7), ('reject', 0)
    ),
    totals as (
      select count(*)                                                                           as votes,
             coalesce(sum(b.weight) filter (where b.decision in ('approve', 'conditional')), 0) as weight_for,
             coalesce(sum(b.weight) filter (where b.decision = 'reject'), 0)                    as weight_against,
             coalesce(sum(b.weight) filter (where b.decision = 'abstain'), 0)                   as weight_abstained,
             -- Rounded, so that 0.7000000000000001 meets a threshold of 0.7 and 0.6999999999999999 does too.
             round((sum(b.weight * b.confidence * c.value)
                    / nullif(sum(b.weight) filter (where b.decision <> 'abstain'), 0))::numeric, 6) as score
      from ballots_cast b left join credit c on c.verdict = b.decision
    ),
    -- A framework approves with 0.6 of the voters' weight and a mean confidence of 0.5.
    approving as (
      select a.framework
      from target t
        cross join ballots_cast b
        join consensus.vote_assessments a on a.vote_id = b.id
        join credit c                     on c.verdict = a.verdict
      where a.expires_at is null or a.expires_at > coalesce(t.decided_at, clock_timestamp())
      group by a.framework
      having round(sum(b.weight * c.value) / sum(b.weight), 6) >= 0.6
         and round(avg(a.confidence)::numeric, 6) >= 0.5
    ),
    required as (
      select coalesce(array_agg(distinct f order by f)
                      filter (where f not in (select a.framework from approving a)), '{}') as missing
      from target t cross join unnest(t.required_frameworks) f
    )
    select s.votes, s.weight_for, s.weight_against, s.weight_abstained,
           coalesce(e.total, 0), coalesce(t.quorum_fraction * e.total, 0), s.score::float8, r.missing,
           case when s.weight_for >= t.quorum_fraction * e.total and s.score >= t.approval_threshold and r.missing = '{}'
                  then 'accepted'
                when s.weight_for >= t.quorum_fraction * e.total                     then 'conditionally_accepted'
                when s.weight_against > e.total - t.quorum_fraction * e.total        then 'rejected'
           end::consensus.proposal_status
    from target t cross join electorate e cross join totals s cross join required r
  $$;
comment on function consensus.tally(uuid, uuid, consensus.ballot_phase) is
  'Counts a ballot (the current one unless named). score = sum(weight * confidence * {approve 1, conditional 0.7, reject 0}) '
  '/ weight of those who did not abstain, six decimals. outcome is the decision it allows, null while still open';


-- Nodes ---------------------------------------------------------------------------------------------------------------

create trigger a_monotonic before update on consensus.nodes
  for each row when (new.last_ballot < old.last_ballot or new.applied_index < old.applied_index)
  execute function bk.refuse('ZB004', 'last_ballot and applied_index of node "{old.node_key}" only rise',
    'read the node again: it has moved on since');

create trigger zz_touch before update on consensus.nodes
  for each row when (old.* is distinct from new.*)
  execute function bk.touch_row();


-- Proposals: lifecycle, decisions, frozen columns ---------------------------------------------------------------------

create trigger a_initial before insert on consensus.proposals
  for each row when (new.status <> 'pending')
  execute function bk.refuse('ZB001', 'proposal "{new.proposal_key}" cannot start as {new.status}',
    'a proposal starts as pending, and votes once it has electors and a ballot');

create trigger a_transition before update on consensus.proposals
  for each row when (new.status <> old.status and not (
       old.status = 'pending' and new.status in ('voting', 'timeout', 'withdrawn')
    or old.status = 'voting'  and new.status in ('accepted', 'conditionally_accepted', 'rejected', 'timeout', 'withdrawn')))
  execute function bk.refuse('ZB001', 'proposal "{old.proposal_key}" cannot go from {old.status} to {new.status}',
    'a decision is final: supersede the proposal with a refined one');

create trigger a_no_delete before delete on consensus.proposals
  for each row when (old.status = 'voting')
  execute function bk.refuse('ZB002', 'proposal "{old.proposal_key}" is being voted on: delete refused',
    'withdraw it first');

-- Foreign key actions (a request or a superseded proposal that is purged) still come through.
create trigger b_final before update on consensus.proposals
  for each row when (old.status not in ('pending', 'voting') and old.* is distinct from new.* and pg_trigger_depth() = 0)
  execute function bk.refuse('ZB002', 'proposal "{old.proposal_key}" is decided ({old.status}) and cannot change',
    'supersede it with a refined proposal');

create function consensus.guard_proposal() returns trigger
  language plpgsql
  as $$
declare
  newest uuid;
  tally  record;
begin
  -- An update holds the row before its triggers run: no voter is half way in, and what is read from here on is final.
  if new.status = 'voting' and old.status = 'pending'
     and not exists (select from consensus.electors e where e.proposal_id = new.id) then
    raise exception using
      errcode = 'ZB012', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('proposal "%s" has no electors', new.proposal_key),
      hint    = 'insert into consensus.electors while the proposal is pending';
  end if;

  if new.current_ballot_id is distinct from old.current_ballot_id then
    select b.id into newest from consensus.ballots b where b.proposal_id = new.id order by b.number desc limit 1;
    if new.current_ballot_id is distinct from newest or new.status not in ('pending', 'voting') then
      raise exception using
        errcode = 'ZB004', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
        message = format('proposal "%s" can only move to its newest ballot, and only while it is open', new.proposal_key),
        hint    = 'open a ballot with a higher number, then make it the current one';
    end if;
  end if;

  if new.status in ('accepted', 'conditionally_accepted') then
    if new.decided_ballot_id is distinct from new.current_ballot_id then
      raise exception using
        errcode = 'ZB004', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
        message = format('proposal "%s" can only be decided by its current ballot', new.proposal_key),
        hint    = 'set decided_ballot_id = current_ballot_id';
    end if;
    select t.* into tally from consensus.tally(new.id, new.current_ballot_id) t;
    if tally.outcome is distinct from 'accepted' and tally.outcome is distinct from new.status then
      raise exception using
        errcode = 'ZB012', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
        message = format('proposal "%s" cannot be %s: %s of %s for it, quorum %s, score %s, missing frameworks %s',
                         new.proposal_key, new.status, tally.weight_for, tally.weight_total, tally.quorum,
                         coalesce(tally.score::text, 'none'), tally.missing_frameworks),
        hint    = 'consensus.tally() tells which outcome the votes allow';
    end if;
    new.decision_score := tally.score;
  end if;

  if new.status not in ('pending', 'voting') then
    new.decided_at := clock_timestamp();
  end if;
  return new;
end
$$;
comment on function consensus.guard_proposal() is
  'Under the row lock: voting needs electors (ZB012), the current ballot is the newest (ZB004), acceptance needs the quorum '
  'of a recomputed tally, and accepted its score and frameworks too (ZB012). Sets decided_at and decision_score';

create trigger b_guard before update on consensus.proposals
  for each row when (new.status <> old.status or new.current_ballot_id is distinct from old.current_ballot_id)
  execute function consensus.guard_proposal();

create trigger c_freeze before update on consensus.proposals
  for each row when (
       new.id                  <> old.id
    or new.proposal_key        <> old.proposal_key
    or new.proposal_type       <> old.proposal_type
    or new.content             <> old.content
    or new.proposer_id         <> old.proposer_id
    or new.quorum_fraction     <> old.quorum_fraction
    or new.approval_threshold  <> old.approval_threshold
    or new.required_frameworks <> old.required_frameworks
    or new.expires_at          <> old.expires_at
    or new.created_at          <> old.created_at)
  execute function bk.refuse('ZB005', 'what proposal "{old.proposal_key}" proposes and under which rules is fixed',
    'supersede it with a refined proposal');

create trigger zz_touch before update on consensus.proposals
  for each row when (old.* is distinct from new.*)
  execute function bk.touch_row();

create function consensus.log_decision() returns trigger
  language plpgsql
  as $$
declare
  decided_number bigint;
begin
  select b.number into decided_number from consensus.ballots b where b.id = new.decided_ballot_id;
  insert into consensus.state_log (term, kind, proposal_id, payload)
  values (coalesce(decided_number, 0), 'proposal_decided', new.id, jsonb_build_object(
    'proposal_key',   new.proposal_key,
    'status',         new.status,
    'ballot',         decided_number,
    'score',          new.decision_score,
    'reason',         new.decision_reason,
    'content_sha256', encode(bk.text_sha256(new.content::text), 'hex')));
  return null;
end
$$;
comment on function consensus.log_decision() is 'Appends every decision to the state log';

create trigger z_log after update on consensus.proposals
  for each row when (new.status <> old.status and new.status not in ('pending', 'voting'))
  execute function consensus.log_decision();


-- Electors: frozen when voting starts ---------------------------------------------------------------------------------

create function consensus.guard_elector() returns trigger
  language plpgsql
  as $$
declare
  closed record;
begin
  -- Locked in id order, both proposals when a row would move from one to the other.
  for closed in
    select p.proposal_key, p.status
    from consensus.proposals p
    where p.id = case tg_op when 'DELETE' then old.proposal_id else new.proposal_id end
       or tg_op = 'UPDATE' and p.id = old.proposal_id
    order by p.id
    for share
  loop
    if closed.status <> 'pending' then
      raise exception using
        errcode = 'ZB005', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
        message = format('the electorate of proposal "%s" is frozen (%s)', closed.proposal_key, closed.status),
        hint    = 'electors can change while the proposal is pending; supersede it with another electorate';
    end if;
  end loop;
  return case tg_op when 'DELETE' then old else new end;
end
$$;
comment on function consensus.guard_elector() is 'The electorate changes only while its proposal is pending (ZB005)';

create trigger a_guard before insert or update on consensus.electors
  for each row execute function consensus.guard_elector();

create trigger a_guard_delete before delete on consensus.electors
  for each row when (pg_trigger_depth() = 0)
  execute function consensus.guard_elector();

create trigger a_no_truncate before truncate on consensus.electors
  for each statement execute function bk.forbid_change();
