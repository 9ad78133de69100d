drop trigger a_no_truncate on evolution.state_snapshots;
drop trigger a_immutable   on evolution.state_snapshots;

drop trigger zz_touch on evolution.agents;
drop trigger c_freeze on evolution.agents;
drop trigger a_fill   on evolution.agents;
drop function evolution.fill_agent();

drop trigger zz_touch     on evolution.generations;
drop trigger c_freeze     on evolution.generations;
drop trigger b_transition on evolution.generations;
drop trigger b_initial    on evolution.generations;
drop trigger zz_touch     on evolution.experiments;
