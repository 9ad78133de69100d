drop table framework.checkpoint_entries;
drop table framework.checkpoints;
drop table framework.state_heads;
drop table framework.states;

delete from bk.partition_policies where parent = 'framework.metric_samples';
drop table framework.metric_samples;
drop table framework.execution_metrics;
drop table framework.executions;
drop table framework.configs;

drop type framework.checkpoint_kind;
drop type framework.state_kind;
drop type framework.config_status;
drop type framework.execution_status;

drop schema framework;
