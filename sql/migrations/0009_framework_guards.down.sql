drop trigger a_no_delete on framework.checkpoint_entries;
drop trigger a_immutable on framework.checkpoint_entries;

drop trigger a_next  on framework.state_heads;
drop trigger a_first on framework.state_heads;

drop trigger a_no_truncate on framework.states;
drop trigger a_immutable   on framework.states;
drop trigger a_guard       on framework.states;
drop function framework.guard_state();

drop trigger zz_touch     on framework.executions;
drop trigger b_transition on framework.executions;
drop trigger b_initial    on framework.executions;

drop trigger zz_touch      on framework.configs;
drop trigger a_no_truncate on framework.configs;
drop trigger c_no_delete   on framework.configs;
drop trigger c_freeze      on framework.configs;
drop trigger b_transition  on framework.configs;
drop trigger b_initial     on framework.configs;
drop trigger a_fill        on framework.configs;
drop function framework.fill_config();
