-- Consensus: the guards of ballots, votes and assessments, and the hash chain of the state log.


-- Ballots: numbers only rise, values never change ---------------------------------------------------------------------

create function consensus.guard_ballot() returns trigger
  language plpgsql
  as $$
declare
  proposal record;
  earlier  record;
  accepted record;
begin
  select p.proposal_key, p.status into proposal
  from consensus.proposals p where p.id = new.proposal_id for no key update;
  if proposal.status not in ('pending', 'voting') then
    raise exception using
      errcode = 'ZB003', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('proposal "%s" is decided (%s) and takes no ballot', proposal.proposal_key, proposal.status),
      hint    = 'supersede it with a refined proposal';
  end if;

  new.value_sha256 := bk.text_sha256(new.value::text);
  if new.phase = 'accept' then
    new.accept_opened_at := coalesce(new.accept_opened_at, clock_timestamp());
  end if;

  select max(b.number) as number into earlier from consensus.ballots b where b.proposal_id = new.proposal_id;
  if new.number <= earlier.number then
    raise exception using
      errcode = 'ZB004', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('ballot %s of proposal "%s" is stale: %s is already open',
                       new.number, proposal.proposal_key, earlier.number),
      hint    = 'use a number above every ballot of the proposal and above last_ballot of the proposer';
  end if;

  -- What a node has accepted may be decided at any moment: a later ballot can only carry the same value.
  select b.number, b.value_sha256 into accepted
  from consensus.ballots b
  where b.proposal_id = new.proposal_id
    and exists (select from consensus.votes v where v.ballot_id = b.id and v.phase = 'accept')
  order by b.number desc
  limit 1;
  if found and accepted.value_sha256 <> new.value_sha256 then
    raise exception using
      errcode = 'ZB002', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('ballot %s of proposal "%s" already has accept votes: its value is fixed',
                       accepted.number, proposal.proposal_key),
      hint    = 'carry the same value, or supersede the proposal with a refined one';
  end if;

  update consensus.nodes n set last_ballot = new.number where n.id = new.proposer_id and n.last_ballot < new.number;
  if not found and exists (select from consensus.nodes n where n.id = new.proposer_id) then
    raise exception using
      errcode = 'ZB004', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('ballot %s is not above the last ballot of its proposer', new.number),
      hint    = 'use a number above every ballot of the proposal and above last_ballot of the proposer';
  end if;
  return new;
end
$$;
comment on function consensus.guard_ballot() is
  'Locks the proposal, then: it is open (ZB003), the number rises for proposal and proposer (ZB004, raises '
  'nodes.last_ballot), the value equals the one that has accept votes (ZB002). Fills value_sha256';

create trigger a_guard before insert on consensus.ballots
  for each row execute function consensus.guard_ballot();

create function consensus.open_accept_phase() returns trigger
  language plpgsql
  as $$
begin
  new.accept_opened_at := coalesce(new.accept_opened_at, clock_timestamp());
  return new;
end
$$;
comment on function consensus.open_accept_phase() is 'Stamps the moment a ballot starts to take acceptances';

create trigger a_phase before update on consensus.ballots
  for each row when (old.phase = 'prepare' and new.phase = 'accept')
  execute function consensus.open_accept_phase();

create trigger b_transition before update on consensus.ballots
  for each row when (old.phase = 'accept' and new.phase = 'prepare')
  execute function bk.refuse('ZB001', 'ballot {old.number} cannot go back from accept to prepare', 'open a new ballot');

create trigger c_freeze before update on consensus.ballots
  for each row when (
       new.id           <> old.id
    or new.proposal_id  <> old.proposal_id
    or new.proposer_id  <> old.proposer_id
    or new.number       <> old.number
    or new.value        <> old.value
    or new.value_sha256 <> old.value_sha256
    or new.opened_at    <> old.opened_at)
  execute function bk.refuse('ZB005', 'ballot {old.number} is fixed once opened', 'open a new ballot with a higher number');

create trigger a_no_delete before delete on consensus.ballots
  for each row execute function bk.forbid_direct_change();

create trigger a_no_truncate before truncate on consensus.ballots
  for each statement execute function bk.forbid_change();

create function consensus.supersede_ballots() returns trigger
  language plpgsql
  as $$
begin
  update consensus.proposals p
  set current_ballot_id = new.id
  where p.id = new.proposal_id and p.current_ballot_id is not null;
  update consensus.ballots b
  set superseded_at = clock_timestamp()
  where b.proposal_id = new.proposal_id and b.number < new.number and b.superseded_at is null;
  return null;
end
$$;
comment on function consensus.supersede_ballots() is 'A new ballot ends the earlier ones of its proposal and becomes the current one where there was one';

create trigger z_supersede after insert on consensus.ballots
  for each row execute function consensus.supersede_ballots();


-- Votes: at the right time, on the right ballot, for ever -------------------------------------------------------------

create function consensus.guard_vote() returns trigger
  language plpgsql
  as $$
declare
  proposal record;
  ballot   record;
begin
  -- Share locks: voters do not wait for each other, but a decision waits for them, and they for a decision.
  select p.proposal_key, p.status, p.expires_at, p.current_ballot_id into proposal
  from consensus.proposals p where p.id = new.proposal_id for share;
  if proposal.status <> 'voting' or proposal.expires_at <= clock_timestamp() then
    raise exception using
      errcode = 'ZB003', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('proposal "%s" takes no votes (%s)', proposal.proposal_key,
                       case proposal.status when 'voting' then 'expired' else proposal.status::text end),
      hint    = 'votes are taken from the first ballot until decision or expiry';
  end if;

  select b.number, b.phase, b.superseded_at into ballot
  from consensus.ballots b where b.id = new.ballot_id for share;
  if proposal.current_ballot_id <> new.ballot_id or ballot.superseded_at is not null or ballot.phase <> new.phase then
    raise exception using
      errcode = 'ZB004', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('ballot %s of proposal "%s" takes no %s votes', ballot.number, proposal.proposal_key, new.phase),
      hint    = 'read the proposal again: vote on its current ballot, in the phase that ballot is in';
  end if;

  -- Not later than now, the proposal being held: so never later than the decision.
  new.cast_at := least(new.cast_at, clock_timestamp());
  return new;
end
$$;
comment on function consensus.guard_vote() is
  'Takes a vote while its proposal is voting and not expired (ZB003), on the current ballot in its phase (ZB004)';

create trigger a_guard before insert on consensus.votes
  for each row execute function consensus.guard_vote();

create trigger a_immutable before update or delete on consensus.votes
  for each row execute function bk.forbid_direct_change();

create trigger a_no_truncate before truncate on consensus.votes
  for each statement execute function bk.forbid_change();

create function consensus.guard_assessment() returns trigger
  language plpgsql
  as $$
declare
  proposal record;
begin
  select p.proposal_key, p.status into proposal
  from consensus.votes v join consensus.proposals p on p.id = v.proposal_id
  where v.id = new.vote_id
  for share of p;
  if proposal.status <> 'voting' then
    raise exception using
      errcode = 'ZB003', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('proposal "%s" takes no assessments (%s)', proposal.proposal_key, proposal.status),
      hint    = 'insert the assessments in the transaction of their vote';
  end if;
  return new;
end
$$;
comment on function consensus.guard_assessment() is 'Takes an assessment while its proposal is voting (ZB003)';

create trigger a_guard before insert on consensus.vote_assessments
  for each row execute function consensus.guard_assessment();

create trigger a_immutable before update or delete on consensus.vote_assessments
  for each row execute function bk.forbid_direct_change();

create trigger a_no_truncate before truncate on consensus.vote_assessments
  for each statement execute function bk.forbid_change();


-- State log: the chain ------------------------------------------------------------------------------------------------

create function consensus.entry_hash(
  prev_hash bytea, log_index bigint, term bigint, kind consensus.log_kind, proposal_id uuid, payload jsonb
)
  returns bytea
  language sql stable parallel safe
  as $$
    select sha256(prev_hash || convert_to(
      format('%s|%s|%s|%s|%s', log_index, term, kind, coalesce(proposal_id::text, ''), payload), 'UTF8'))
  $$;
comment on function consensus.entry_hash(bytea, bigint, bigint, consensus.log_kind, uuid, jsonb) is
  'sha256(prev_hash || ''index|term|kind|proposal|payload''); the text form of jsonb is canonical';

create function consensus.chain_entry() returns trigger
  language plpgsql
  as $$
declare
  head record;
begin
  -- An invented decision would block the real one, which is logged only once.
  if new.kind = 'proposal_decided' and not exists (
    select from consensus.proposals p where p.id = new.proposal_id and p.decided_at is not null
  ) then
    raise exception using
      errcode = 'ZB001', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('proposal %s is not decided: nothing to log', new.proposal_id),
      hint    = 'update the proposal; its trigger z_log writes the entry';
  end if;

  select h.last_index, h.last_hash into head from consensus.log_head h for update;
  if not found then
    raise exception using
      errcode = 'object_not_in_prerequisite_state', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = 'consensus.log_head is empty: the chain has no end to append to',
      hint    = 'restore the row from log_index and entry_hash of the newest entry of consensus.state_log';
  end if;

  new.log_index  := head.last_index + 1;
  new.prev_hash  := head.last_hash;
  new.entry_hash := consensus.entry_hash(new.prev_hash, new.log_index, new.term, new.kind, new.proposal_id, new.payload);
  update consensus.log_head h set last_index = new.log_index, last_hash = new.entry_hash;
  return new;
end
$$;
comment on function consensus.chain_entry() is
  'Fills index and hashes under the lock of log_head: order of appends = order of the chain, without gaps';

create trigger a_chain before insert on consensus.state_log
  for each row execute function consensus.chain_entry();

create trigger a_append_only before update or delete on consensus.state_log
  for each row execute function bk.forbid_change();

create trigger a_no_truncate before truncate on consensus.state_log
  for each statement execute function bk.forbid_change();

create trigger a_chain_only before update on consensus.log_head
  for each row when (pg_trigger_depth() = 0)
  execute function bk.refuse('ZB002', 'the end of the log chain moves only with an entry', 'insert into consensus.state_log');

create trigger a_no_delete before delete on consensus.log_head
  for each row execute function bk.forbid_change();
