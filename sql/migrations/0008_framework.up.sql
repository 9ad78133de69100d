-- Framework: configurations, executions and their metrics, versioned state and checkpoints.

create schema framework;
comment on schema framework is 'How the verification frameworks are configured, run, measured and checkpointed';


-- Vocabulary ----------------------------------------------------------------------------------------------------------

create type framework.execution_status as enum ('queued', 'running', 'completed', 'failed', 'cancelled', 'timeout');
comment on type framework.execution_status is
  'queued -> running -> completed | failed | cancelled | timeout, or back to queued';

create type framework.config_status as enum ('draft', 'active', 'retired');
comment on type framework.config_status is 'draft -> active -> retired';

create type framework.state_kind as enum ('model', 'cache', 'checkpoint', 'counter', 'session');
comment on type framework.state_kind is 'What a stored state is';

create type framework.checkpoint_kind as enum ('manual', 'scheduled', 'best', 'pre_migration');
comment on type framework.checkpoint_kind is 'Why a checkpoint was made';


-- Configurations ------------------------------------------------------------------------------------------------------

create table framework.configs (
  id                uuid        not null default bk.uuid_v7(),
  framework         bk.framework_kind not null,
  environment       text        not null default 'default',
  revision          integer     not null,
  framework_version text        not null,
  data              jsonb       not null,
  data_sha256       bytea       not null,
  status            framework.config_status not null default 'draft',
  copied_from_id    uuid,
  is_valid          boolean,
  validation_errors jsonb       not null default '[]',
  validated_at      timestamptz,
  comment           text,
  created_by        text        not null default bk.actor(),
  activated_at      timestamptz,
  retired_at        timestamptz,
  row_version       bigint      not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  constraint configs_pkey                    primary key (id),
  constraint configs_revision_key            unique (framework, environment, revision),
  constraint configs_copied_from_id_fkey     foreign key (copied_from_id)
    references framework.configs on delete set null,
  constraint configs_environment_format      check (environment ~ '^[a-z][a-z0-9_-]{0,62}$'),
  constraint configs_revision_positive       check (revision > 0),
  constraint configs_data_object             check (jsonb_typeof(data) = 'object'),
  constraint configs_data_sha256_length      check (octet_length(data_sha256) = 32),
  constraint configs_validation_errors_array check (jsonb_typeof(validation_errors) = 'array'),
  constraint configs_activated_shape         check ((status = 'draft') = (activated_at is null)),
  constraint configs_retired_shape           check ((status = 'retired') = (retired_at is not null)),
  constraint configs_active_is_valid         check (status <> 'active' or is_valid is true)
);
comment on table framework.configs is
  'Revisions of each framework''s configuration; data is fixed once not a draft, history is never rewritten';
comment on column framework.configs.environment    is 'default, dev, staging, prod ...; readers fall back to default';
comment on column framework.configs.data_sha256    is 'Filled by trigger a_fill';
comment on column framework.configs.copied_from_id is 'The revision a rollback brought back';
comment on column framework.configs.is_valid       is 'Verdict of the validator; null before validation';

create unique index configs_one_active_key on framework.configs (framework, environment) where status = 'active';


-- Executions ----------------------------------------------------------------------------------------------------------

create table framework.executions (
  id                uuid        not null default bk.uuid_v7(),
  execution_key     text        not null,
  framework         bk.framework_kind not null,
  framework_version text        not null,
  config_id         uuid,
  request_id        uuid,
  retry_of_id       uuid,
  attempt           smallint    not null default 1,
  status            framework.execution_status not null default 'queued',
  input             jsonb       not null default '{}',
  output            jsonb,
  worker            text,
  heartbeat_at      timestamptz,
  started_at        timestamptz,
  finished_at       timestamptz,
  duration_ms       bigint      generated always as ((extract(epoch from finished_at - started_at) * 1000)::bigint) stored,
  cpu_percent       real,
  memory_mb         real,
  gpu_percent       real,
  error_type        text,
  error_message     text,
  metadata          jsonb       not null default '{}',
  row_version       bigint      not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  constraint executions_pkey              primary key (id),
  constraint executions_execution_key_key unique (execution_key),
  constraint executions_retry_of_id_key   unique (retry_of_id),
  constraint executions_config_id_fkey    foreign key (config_id) references framework.configs on delete restrict,
  constraint executions_request_id_fkey   foreign key (request_id) references verification.requests on delete set null,
  constraint executions_retry_of_id_fkey  foreign key (retry_of_id) references framework.executions on delete set null,
  constraint executions_attempt_positive  check (attempt > 0),
  constraint executions_retries_another   check (retry_of_id <> id),
  constraint executions_input_object      check (jsonb_typeof(input) = 'object'),
  constraint executions_metadata_object   check (jsonb_typeof(metadata) = 'object'),
  constraint executions_usage_range       check (
    cpu_percent >= 0 and cpu_percent < 'Infinity' and memory_mb >= 0 and memory_mb < 'Infinity'
    and gpu_percent >= 0 and gpu_percent < 'Infinity'),
  constraint executions_running_shape     check (status <> 'running' or started_at is not null),
  constraint executions_finished_shape    check (
    (status in ('completed', 'failed', 'cancelled', 'timeout')) = (finished_at is not null)),
  constraint executions_completed_shape   check (status <> 'completed' or output is not null),
  constraint executions_failed_shape      check ((status = 'failed') = (error_type is not null)),
  constraint executions_finished_later    check (finished_at >= started_at)
) with (fillfactor = 85);
comment on table framework.executions is
  'Runs of a framework and the queue of those to come; a retry is a new row';
comment on column framework.executions.retry_of_id is 'The failed execution this one retries, at most once each';
comment on column framework.executions.duration_ms is 'Generated: finished_at - started_at';

create index executions_queue_idx     on framework.executions (framework, created_at, id) where status = 'queued';
create index executions_heartbeat_idx on framework.executions (heartbeat_at) where status = 'running';
create index executions_created_idx   on framework.executions (framework, created_at desc, id desc);
create index executions_request_idx   on framework.executions (request_id) where request_id is not null;
create index executions_config_idx    on framework.executions (config_id);


-- Metrics -------------------------------------------------------------------------------------------------------------

create table framework.execution_metrics (
  execution_id     uuid        not null,
  accuracy         float8,
  precision        float8,
  recall           float8,
  f1_score         float8,
  latency_p50_ms   float8,
  latency_p95_ms   float8,
  latency_p99_ms   float8,
  throughput_per_s float8,
  tokens_processed bigint,
  cost_estimate    numeric(14,6),
  extra            jsonb       not null default '{}',
  recorded_at      timestamptz not null default clock_timestamp(),
  constraint execution_metrics_pkey              primary key (execution_id),
  constraint execution_metrics_execution_id_fkey foreign key (execution_id)
    references framework.executions on delete cascade,
  constraint execution_metrics_accuracy_range    check (accuracy between 0 and 1),
  constraint execution_metrics_precision_range   check (precision between 0 and 1),
  constraint execution_metrics_recall_range      check (recall between 0 and 1),
  constraint execution_metrics_f1_score_range    check (f1_score between 0 and 1),
  constraint execution_metrics_latency_order     check (
    latency_p50_ms >= 0 and latency_p95_ms >= 0 and latency_p99_ms >= 0
    and latency_p50_ms < 'Infinity' and latency_p95_ms < 'Infinity' and latency_p99_ms < 'Infinity'
    and latency_p50_ms <= latency_p95_ms and latency_p95_ms <= latency_p99_ms and latency_p50_ms <= latency_p99_ms),
  constraint execution_metrics_throughput_range  check (throughput_per_s >= 0 and throughput_per_s < 'Infinity'),
  constraint execution_metrics_tokens_positive   check (tokens_processed >= 0),
  constraint execution_metrics_cost_range        check (cost_estimate >= 0 and cost_estimate <> 'NaN'),
  constraint execution_metrics_extra_object      check (jsonb_typeof(extra) = 'object')
);
comment on table framework.execution_metrics is 'Quality, latency and cost of one execution';

create sequence framework.metric_samples_sample_id_seq;

create table framework.metric_samples (
  sample_id    bigint            not null default nextval('framework.metric_samples_sample_id_seq'),
  sampled_at   timestamptz       not null default clock_timestamp(),
  framework    bk.framework_kind not null,
  execution_id uuid,
  metric       text              not null,
  value        float8            not null,
  labels       jsonb             not null default '{}',
  constraint metric_samples_pkey          primary key (sampled_at, sample_id),
  constraint metric_samples_metric_format check (metric ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint metric_samples_value_finite  check (value > '-Infinity' and value < 'Infinity'),
  constraint metric_samples_labels_object check (jsonb_typeof(labels) = 'object')
) partition by range (sampled_at);
alter sequence framework.metric_samples_sample_id_seq owned by framework.metric_samples.sample_id;

comment on table  framework.metric_samples              is 'Time series of framework metrics, monthly partitions';
comment on column framework.metric_samples.execution_id is 'By value, no foreign key: samples leave with their month';

create index metric_samples_metric_idx on framework.metric_samples (framework, metric, sampled_at desc);

create table framework.metric_samples_default partition of framework.metric_samples default;
comment on table framework.metric_samples_default is
  'Takes what has no partition yet, so that a write never fails; should stay empty';

insert into bk.partition_policies (parent, step, keep, ahead, append_only)
values ('framework.metric_samples', 'month', interval '6 months', 3, false);

do $$
begin
  perform bk.ensure_partitions('framework.metric_samples', now(), now() + interval '3 months');
end
$$;


-- State and checkpoints -----------------------------------------------------------------------------------------------

create table framework.states (
  framework       bk.framework_kind not null,
  state_key       text        not null,
  version         integer     not null,
  kind            framework.state_kind not null,
  value           jsonb,
  uri             text,
  checksum_sha256 bytea,
  size_bytes      bigint,
  expires_at      timestamptz,
  restored_from   integer,
  created_by      text        not null default bk.actor(),
  created_at      timestamptz not null default now(),
  constraint states_pkey                   primary key (framework, state_key, version),
  constraint states_state_key_format       check (state_key ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$'),
  constraint states_version_positive       check (version > 0),
  constraint states_value_or_uri           check (num_nonnulls(value, uri) = 1),
  constraint states_uri_has_checksum       check ((uri is null) = (checksum_sha256 is null)),
  constraint states_checksum_sha256_length check (octet_length(checksum_sha256) = 32),
  constraint states_size_bytes_positive    check (size_bytes >= 0),
  constraint states_restored_from_earlier  check (restored_from < version)
);
comment on table  framework.states               is 'Immutable versions of a framework''s state';
comment on column framework.states.uri is
  'Where a large state (model weights) lives outside; its checksum is here';
comment on column framework.states.restored_from is 'The version a checkpoint brought back';

create table framework.state_heads (
  framework       bk.framework_kind not null,
  state_key       text        not null,
  current_version integer     not null,
  updated_at      timestamptz not null default now(),
  constraint state_heads_pkey                 primary key (framework, state_key),
  constraint state_heads_current_version_fkey foreign key (framework, state_key, current_version)
    references framework.states (framework, state_key, version) deferrable initially deferred
);
comment on table framework.state_heads is 'The current version of each state; its row lock puts writers in order';

create table framework.checkpoints (
  id           uuid        not null default bk.uuid_v7(),
  framework    bk.framework_kind not null,
  label        text        not null,
  kind         framework.checkpoint_kind not null default 'manual',
  execution_id uuid,
  step         bigint,
  metrics      jsonb       not null default '{}',
  is_pinned    boolean     not null default false,
  created_at   timestamptz not null default now(),
  constraint checkpoints_pkey                primary key (id),
  constraint checkpoints_framework_label_key unique (framework, label),
  constraint checkpoints_id_framework_key    unique (id, framework),
  constraint checkpoints_execution_id_fkey   foreign key (execution_id)
    references framework.executions on delete set null,
  constraint checkpoints_step_positive       check (step >= 0),
  constraint checkpoints_metrics_object      check (jsonb_typeof(metrics) = 'object')
);
comment on table  framework.checkpoints      is 'A named set of exact state versions';
comment on column framework.checkpoints.step is 'Training step at which it was made';

create table framework.checkpoint_entries (
  checkpoint_id uuid              not null,
  framework     bk.framework_kind not null,
  state_key     text              not null,
  version       integer           not null,
  constraint checkpoint_entries_pkey            primary key (checkpoint_id, state_key),
  constraint checkpoint_entries_checkpoint_fkey foreign key (checkpoint_id, framework)
    references framework.checkpoints (id, framework) on delete cascade,
  constraint checkpoint_entries_state_fkey      foreign key (framework, state_key, version)
    references framework.states (framework, state_key, version) on delete restrict
);
comment on table framework.checkpoint_entries is
  'The versions of a checkpoint; RESTRICT stops a clean-up from hollowing it out';

create index checkpoint_entries_state_idx on framework.checkpoint_entries (framework, state_key, version);
