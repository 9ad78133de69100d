-- Verification: requests, the frameworks asked to judge them, their results, metrics and the audit log.
-- The guards of the other tables are in the next migration.

create schema verification;
comment on schema verification is 'Claims to be verified, the judgements of the frameworks, and the audit trail';


-- Vocabulary ----------------------------------------------------------------------------------------------------------

create type verification.request_status as enum
  ('pending', 'in_progress', 'completed', 'failed', 'timeout', 'cancelled');
comment on type verification.request_status is
  'pending -> in_progress -> completed | failed | timeout | cancelled, or back to pending';

create type verification.mode as enum ('individual', 'consensus', 'hybrid');
comment on type verification.mode is 'Judged by one node, by the network, or by both';

create type verification.result_outcome as enum ('passed', 'failed', 'error', 'skipped');
comment on type verification.result_outcome is
  'error is a technical failure and carries no score, so that averages stay honest';

create type verification.risk_level as enum ('low', 'medium', 'high', 'critical');
comment on type verification.risk_level is 'Derived from the overall score, see request_metrics.risk_level';

create type verification.actor_kind as enum ('system', 'user', 'operator', 'framework', 'node');
comment on type verification.actor_kind is 'What kind of actor an audit row names';


-- Requests ------------------------------------------------------------------------------------------------------------

create table verification.requests (
  id               uuid        not null default bk.uuid_v7(),
  request_key      text        not null,
  client_id        text        not null,
  mode             verification.mode not null default 'individual',
  content_type     text        not null default 'text',
  content          text,
  content_sha256   bytea       not null,
  domain           bk.claim_domain,
  context          jsonb       not null default '{}',
  source_metadata  jsonb       not null default '{}',
  priority         smallint    not null default 3,
  status           verification.request_status not null default 'pending',
  timeout_seconds  integer     not null default 300,
  deadline_at      timestamptz not null,
  attempts         smallint    not null default 0,
  max_attempts     smallint    not null default 3,
  claim_token      uuid,
  claimed_by       text,
  claim_expires_at timestamptz,
  started_at       timestamptz,
  finished_at      timestamptz,
  failure_reason   text,
  reverifies_id    uuid,
  redacted_at      timestamptz,
  row_version      bigint      not null default 1,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  constraint requests_pkey                   primary key (id),
  constraint requests_request_key_key        unique (request_key),
  constraint requests_reverifies_id_fkey     foreign key (reverifies_id)
    references verification.requests on delete set null,
  constraint requests_request_key_format     check (request_key ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$'),
  constraint requests_content_type_format    check (content_type ~ '^[a-z][a-z0-9_.+/-]{0,62}$'),
  constraint requests_content_size           check (octet_length(content) <= 1048576),
  constraint requests_content_sha256_length  check (octet_length(content_sha256) = 32),
  constraint requests_content_present        check ((content is null) = (redacted_at is not null)),
  constraint requests_context_object         check (jsonb_typeof(context) = 'object'),
  constraint requests_source_metadata_object check (jsonb_typeof(source_metadata) = 'object'),
  constraint requests_priority_range         check (priority between 1 and 5),
  constraint requests_timeout_range          check (timeout_seconds between 1 and 86400),
  constraint requests_attempts_range         check (0 <= attempts and attempts <= max_attempts and max_attempts <= 20),
  constraint requests_claim_shape            check (
    (status = 'in_progress') = (claim_token is not null)
    and (claim_token is null) = (claimed_by is null)
    and (claim_token is null) = (claim_expires_at is null)),
  constraint requests_finished_shape         check (
    (status in ('completed', 'failed', 'timeout', 'cancelled')) = (finished_at is not null)),
  constraint requests_failure_reason_present check (status <> 'failed' or failure_reason is not null),
  constraint requests_reverifies_another     check (reverifies_id <> id)
) with (fillfactor = 85);

comment on table  verification.requests                  is 'A claim to be verified, and the queue of those that wait';
comment on column verification.requests.request_key      is 'The client''s own name for the request; id is ours';
comment on column verification.requests.content          is 'Null once redacted; the hash stays';
comment on column verification.requests.content_sha256 is
  'Filled by trigger a_fill; finds earlier verdicts on the same content';
comment on column verification.requests.priority         is '1 critical .. 5 routine, served in ascending order';
comment on column verification.requests.deadline_at      is 'created_at + timeout_seconds unless given';
comment on column verification.requests.attempts         is 'Times the request was claimed';
comment on column verification.requests.claim_token is
  'Fencing token of the lease: a worker that lost it cannot finish the request';
comment on column verification.requests.reverifies_id is
  'The earlier request that this one checks again; its results never change';
comment on column verification.requests.row_version      is 'Token of the optimistic lock, raised by zz_touch';

create index requests_queue_idx       on verification.requests (priority, created_at, id) where status = 'pending';
create index requests_lease_idx       on verification.requests (claim_expires_at) where status = 'in_progress';
create index requests_client_idx      on verification.requests (client_id, created_at desc, id desc);
create index requests_created_idx     on verification.requests (created_at desc, id desc);
create index requests_content_idx     on verification.requests (content_sha256, created_at desc);
create index requests_reverifies_idx  on verification.requests (reverifies_id) where reverifies_id is not null;


-- Frameworks of a request ---------------------------------------------------------------------------------------------

create table verification.request_frameworks (
  request_id uuid              not null,
  framework  bk.framework_kind not null,
  weight     numeric(7,4)      not null default 1,
  required   boolean           not null default true,
  constraint request_frameworks_pkey            primary key (request_id, framework),
  constraint request_frameworks_request_id_fkey foreign key (request_id)
    references verification.requests on delete cascade,
  constraint request_frameworks_weight_range    check (weight >= 0 and weight <> 'NaN')
);
comment on table verification.request_frameworks is
  'Which frameworks a request asks for; fixed once a worker has claimed it';
comment on column verification.request_frameworks.weight   is 'Share of the framework in the overall score';
comment on column verification.request_frameworks.required is
  'The request completes only with a result of this framework';


-- Results -------------------------------------------------------------------------------------------------------------

create table verification.results (
  id                  uuid              not null default bk.uuid_v7(),
  request_id          uuid              not null,
  framework           bk.framework_kind not null,
  outcome             verification.result_outcome not null,
  score               float8,
  confidence          float8            not null default 1,
  confidence_low      float8,
  confidence_high     float8,
  philosophy          bk.philosophy,
  reasoning           text,
  findings            jsonb             not null default '[]',
  evidence            jsonb             not null default '[]',
  recommendations     jsonb             not null default '[]',
  uncertainty_factors jsonb             not null default '[]',
  execution_time_ms   integer           not null,
  error               text,
  model_version       text,
  created_at          timestamptz       not null default now(),
  constraint results_pkey                      primary key (id),
  constraint results_request_id_framework_key  unique (request_id, framework),
  constraint results_request_id_framework_fkey foreign key (request_id, framework)
    references verification.request_frameworks on delete cascade,
  constraint results_score_range               check (score between 0 and 1),
  constraint results_confidence_range          check (confidence between 0 and 1),
  constraint results_confidence_interval       check (
    (confidence_low is null) = (confidence_high is null)
    and 0 <= confidence_low and confidence_low <= confidence_high and confidence_high <= 1),
  constraint results_findings_array            check (jsonb_typeof(findings) = 'array'),
  constraint results_evidence_array            check (jsonb_typeof(evidence) = 'array'),
  constraint results_recommendations_array     check (jsonb_typeof(recommendations) = 'array'),
  constraint results_uncertainty_factors_array check (jsonb_typeof(uncertainty_factors) = 'array'),
  constraint results_execution_time_positive   check (execution_time_ms >= 0),
  constraint results_outcome_shape             check (
    (outcome in ('passed', 'failed')) = (score is not null)
    and (outcome = 'error') = (error is not null))
);
comment on table verification.results is
  'One framework''s judgement; immutable once the request is final';
comment on column verification.results.score          is '0..1, present exactly when the framework judged';
comment on column verification.results.confidence_low is 'Confidence interval of the score: both ends or none';

create index results_framework_idx on verification.results (framework, created_at desc);
create index results_failed_idx    on verification.results (framework, score) where outcome = 'failed';


-- Metrics -------------------------------------------------------------------------------------------------------------

create table verification.request_metrics (
  request_id         uuid        not null,
  overall_score      float8,
  min_score          float8,
  max_score          float8,
  avg_score          float8,
  score_stddev       float8,
  frameworks_total   smallint    not null,
  frameworks_passed  smallint    not null,
  frameworks_failed  smallint    not null,
  frameworks_errored smallint    not null,
  frameworks_skipped smallint    not null,
  total_execution_ms bigint      not null,
  wall_clock_ms      bigint      not null,
  risk_factors       jsonb       not null default '[]',
  risk_level         verification.risk_level not null generated always as (
    case when overall_score is null then 'critical'::verification.risk_level
         when overall_score < 0.3   then 'critical'::verification.risk_level
         when overall_score < 0.5   then 'high'::verification.risk_level
         when overall_score < 0.7   then 'medium'::verification.risk_level
         else                            'low'::verification.risk_level end) stored,
  computed_at        timestamptz not null default now(),
  constraint request_metrics_pkey                  primary key (request_id),
  constraint request_metrics_request_id_fkey       foreign key (request_id)
    references verification.requests on delete cascade,
  constraint request_metrics_overall_score_range   check (overall_score between 0 and 1),
  constraint request_metrics_score_order           check (
    (min_score is null) = (max_score is null) and (min_score is null) = (avg_score is null)
    and min_score >= 0 and max_score <= 1 and min_score <= max_score
    and avg_score between min_score - 1e-9 and max_score + 1e-9),
  constraint request_metrics_score_stddev_range    check (score_stddev between 0 and 1),
  constraint request_metrics_frameworks_total      check (
    frameworks_total > 0
    and least(frameworks_passed, frameworks_failed, frameworks_errored, frameworks_skipped) >= 0
    and frameworks_total = frameworks_passed + frameworks_failed + frameworks_errored + frameworks_skipped),
  constraint request_metrics_durations_positive    check (total_execution_ms >= 0 and wall_clock_ms >= 0),
  constraint request_metrics_risk_factors_array    check (jsonb_typeof(risk_factors) = 'array')
);
comment on table  verification.request_metrics               is 'Aggregate of a completed request''s results';
comment on column verification.request_metrics.overall_score is
  'Weighted by request_frameworks.weight; null when no framework judged';
comment on column verification.request_metrics.avg_score is
  'Unweighted mean; compared with a hair of tolerance, for it may miss min or max by rounding';
comment on column verification.request_metrics.risk_level is
  'Generated: below 0.3 or unknown critical, below 0.5 high, below 0.7 medium, else low';

create index request_metrics_risk_idx on verification.request_metrics (computed_at desc, request_id)
  where risk_level in ('high', 'critical');

create table verification.metric_rollups (
  bucket_start timestamptz       not null,
  bucket_width interval          not null,
  framework    bk.framework_kind not null,
  results      bigint            not null,
  passed       bigint            not null,
  errored      bigint            not null,
  score_sum    float8            not null,
  time_p50_ms  float8,
  time_p95_ms  float8,
  time_p99_ms  float8,
  constraint metric_rollups_pkey           primary key (bucket_width, framework, bucket_start),
  constraint metric_rollups_width_positive check (bucket_width > interval '0'),
  constraint metric_rollups_counts         check (passed >= 0 and errored >= 0 and passed + errored <= results),
  constraint metric_rollups_score_sum      check (score_sum >= 0 and score_sum <= results),
  constraint metric_rollups_time_order     check (
    time_p50_ms >= 0 and time_p50_ms <= time_p95_ms and time_p95_ms <= time_p99_ms
    and time_p50_ms < 'Infinity' and time_p95_ms < 'Infinity' and time_p99_ms < 'Infinity')
);
comment on table verification.metric_rollups is
  'Results per framework and closed time bucket; can be computed again at any time';
comment on column verification.metric_rollups.score_sum is 'Sum over judged results, so that buckets add up';


-- Audit log -----------------------------------------------------------------------------------------------------------

create sequence verification.audit_log_audit_id_seq;

create table verification.audit_log (
  audit_id    bigint      not null default nextval('verification.audit_log_audit_id_seq'),
  occurred_at timestamptz not null default clock_timestamp(),
  event       text        not null,
  severity    bk.severity not null default 'info',
  actor_kind  verification.actor_kind not null default 'system',
  actor       text        not null default bk.actor(),
  request_id  uuid,
  request_key text,
  client_id   text,
  data        jsonb       not null default '{}',
  trace_id    text,
  constraint audit_log_pkey         primary key (occurred_at, audit_id),
  constraint audit_log_event_format check (event ~ '^[a-z]+\.[a-z_]+$'),
  constraint audit_log_data_object  check (jsonb_typeof(data) = 'object')
) partition by range (occurred_at);
alter sequence verification.audit_log_audit_id_seq owned by verification.audit_log.audit_id;

comment on table  verification.audit_log            is 'Who did what to which request; append-only, monthly partitions';
comment on column verification.audit_log.audit_id is
  'From a plain sequence, not an identity: identities on partitions differ between versions';
comment on column verification.audit_log.event is
  'request.created, request.<status>, content.redacted, config.activated ...';
comment on column verification.audit_log.request_id is 'By value, no foreign key: the trail outlives the request';

create index audit_log_request_idx  on verification.audit_log (request_id, occurred_at) where request_id is not null;
create index audit_log_severity_idx on verification.audit_log (occurred_at desc, audit_id desc)
  where severity >= 'warning';

create table verification.audit_log_default partition of verification.audit_log default;
comment on table verification.audit_log_default is
  'Takes what has no partition yet, so that a write never fails; should stay empty';

-- A row trigger is inherited by the partitions, a TRUNCATE trigger is not: each partition has its own.
create trigger a_append_only before update or delete on verification.audit_log
  for each row execute function bk.forbid_change();

create trigger a_no_truncate before truncate on verification.audit_log
  for each statement execute function bk.forbid_change();

create trigger a_no_truncate before truncate on verification.audit_log_default
  for each statement execute function bk.forbid_change();

insert into bk.partition_policies (parent, step, keep, ahead, append_only)
values ('verification.audit_log', 'month', interval '24 months', 3, true);

do $$
begin
  perform bk.ensure_partitions('verification.audit_log', now(), now() + interval '3 months');
end
$$;
