delete from bk.partition_policies where parent = 'verification.audit_log';

drop table verification.audit_log;
drop table verification.metric_rollups;
drop table verification.request_metrics;
drop table verification.results;
drop table verification.request_frameworks;
drop table verification.requests;

drop type verification.actor_kind;
drop type verification.risk_level;
drop type verification.result_outcome;
drop type verification.mode;
drop type verification.request_status;

drop schema verification;
