drop function bk.verify();
drop function bk.verify_partitions();
drop function evolution.verify();
drop function power_dynamics.verify();
drop function framework.verify();
drop function consensus.verify();
drop function verification.verify();
