drop trigger c_freeze      on verification.results;
drop trigger a_no_truncate on verification.results;
drop trigger a_no_delete   on verification.results;
drop trigger a_guard       on verification.results;
drop function verification.guard_result();

drop trigger c_freeze      on verification.request_metrics;
drop trigger a_no_truncate on verification.request_metrics;
drop trigger has_metrics   on verification.request_metrics;
drop trigger has_metrics   on verification.requests;
drop function verification.require_metrics();

drop trigger c_freeze       on verification.request_frameworks;
drop trigger a_no_truncate  on verification.request_frameworks;
drop trigger a_guard_delete on verification.request_frameworks;
drop trigger a_guard        on verification.request_frameworks;
drop function verification.guard_framework();

drop trigger has_framework on verification.request_frameworks;
drop trigger has_framework on verification.requests;
drop function verification.require_framework();

drop trigger z_audit_status   on verification.requests;
drop trigger z_audit_redacted on verification.requests;
drop trigger z_audit_created  on verification.requests;
drop function verification.audit_request();

drop trigger zz_touch     on verification.requests;
drop trigger c_freeze     on verification.requests;
drop trigger b_transition on verification.requests;
drop trigger b_initial    on verification.requests;
drop trigger a_fill       on verification.requests;
drop function verification.fill_request();
