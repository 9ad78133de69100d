delete from bk.partition_policies where parent = 'power_dynamics.node_metrics';
drop table power_dynamics.node_metrics;
drop table power_dynamics.ledger;
drop table power_dynamics.event_participants;
drop table power_dynamics.events;
drop view  power_dynamics.live_edges;
drop table power_dynamics.relations;
drop table power_dynamics.coalition_members;
drop table power_dynamics.coalitions;
drop table power_dynamics.nodes;

drop type power_dynamics.entry_kind;
drop type power_dynamics.participant_role;
drop type power_dynamics.event_kind;
drop type power_dynamics.relation_kind;
drop type power_dynamics.node_kind;

drop schema power_dynamics;
