drop trigger a_no_delete   on consensus.log_head;
drop trigger a_chain_only  on consensus.log_head;
drop trigger a_no_truncate on consensus.state_log;
drop trigger a_append_only on consensus.state_log;
drop trigger a_chain       on consensus.state_log;
drop function consensus.chain_entry();
drop function consensus.entry_hash(bytea, bigint, bigint, consensus.log_kind, uuid, jsonb);

drop trigger a_no_truncate on consensus.vote_assessments;
drop trigger a_immutable   on consensus.vote_assessments;
drop trigger a_guard       on consensus.vote_assessments;
drop function consensus.guard_assessment();

drop trigger a_no_truncate on consensus.votes;
drop trigger a_immutable   on consensus.votes;
drop trigger a_guard       on consensus.votes;
drop function consensus.guard_vote();

drop trigger z_supersede   on consensus.ballots;
drop trigger a_no_truncate on consensus.ballots;
drop trigger a_no_delete   on consensus.ballots;
drop trigger c_freeze      on consensus.ballots;
drop trigger b_transition  on consensus.ballots;
drop trigger a_phase       on consensus.ballots;
drop trigger a_guard       on consensus.ballots;
drop function consensus.supersede_ballots();
drop function consensus.open_accept_phase();
drop function consensus.guard_ballot();
