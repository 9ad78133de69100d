drop table evolution.state_snapshots;
drop table evolution.agent_metrics;
drop table evolution.agent_parents;
drop table evolution.agents;
drop table evolution.generations;
drop table evolution.experiments;

drop type evolution.snapshot_kind;
drop type evolution.agent_origin;
drop type evolution.generation_status;
drop type evolution.experiment_status;
drop type evolution.mutation_kind;
drop type evolution.selection_strategy;
drop type evolution.agent_status;

drop schema evolution;
