drop trigger a_no_truncate  on consensus.electors;
drop trigger a_guard_delete on consensus.electors;
drop trigger a_guard        on consensus.electors;
drop function consensus.guard_elector();

drop trigger z_log on consensus.proposals;
drop function consensus.log_decision();

drop trigger zz_touch on consensus.proposals;
drop trigger c_freeze on consensus.proposals;
drop trigger b_guard  on consensus.proposals;
drop function consensus.guard_proposal();

drop trigger b_final      on consensus.proposals;
drop trigger a_no_delete  on consensus.proposals;
drop trigger a_transition on consensus.proposals;
drop trigger a_initial    on consensus.proposals;

drop trigger zz_touch    on consensus.nodes;
drop trigger a_monotonic on consensus.nodes;

drop function consensus.tally(uuid, uuid, consensus.ballot_phase);
