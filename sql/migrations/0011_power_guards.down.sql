drop trigger zz_touch       on power_dynamics.coalitions;
drop trigger coalition_size on power_dynamics.coalition_members;
drop trigger coalition_size on power_dynamics.coalitions;
drop function power_dynamics.guard_coalition_size();

drop trigger zz_touch         on power_dynamics.relations;
drop trigger a_acyclic_update on power_dynamics.relations;
drop trigger a_acyclic        on power_dynamics.relations;
drop function power_dynamics.guard_hierarchy();

drop trigger a_no_truncate on power_dynamics.ledger;
drop trigger a_append_only on power_dynamics.ledger;
drop trigger a_apply       on power_dynamics.ledger;
drop function power_dynamics.apply_entry();

drop trigger zz_touch           on power_dynamics.nodes;
drop trigger a_ledger_only      on power_dynamics.nodes;
drop trigger a_no_initial_power on power_dynamics.nodes;
