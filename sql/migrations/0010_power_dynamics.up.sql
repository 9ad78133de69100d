-- Power dynamics: who holds power, how nodes are related, and the ledger through which power moves. Power is a conserved
-- quantity: only grant and revoke change the total. The guards are in the next migration.

create schema power_dynamics;
comment on schema power_dynamics is 'Nodes, relations, coalitions, events and the ledger of power';


-- Vocabulary ----------------------------------------------------------------------------------------------------------

create type power_dynamics.node_kind as enum ('agent', 'human', 'system', 'organization');
comment on type power_dynamics.node_kind is 'What holds power';

create type power_dynamics.relation_kind as enum ('hierarchical', 'collaborative', 'competitive', 'dependency', 'influence');
comment on type power_dynamics.relation_kind is
  'collaborative and competitive are symmetric; hierarchical (source above target) has no cycle';

create type power_dynamics.event_kind as enum
  ('power_transfer', 'coalition_formed', 'coalition_dissolved', 'conflict_started', 'conflict_resolved',
   'influence_change', 'coalition_joined', 'coalition_left', 'relation_established', 'relation_dissolved',
   'node_deactivated');
comment on type power_dynamics.event_kind is 'What happened';

create type power_dynamics.participant_role as enum ('initiator', 'participant', 'affected');
comment on type power_dynamics.participant_role is 'Part of a node in an event';

create type power_dynamics.entry_kind as enum ('grant', 'revoke', 'transfer');
comment on type power_dynamics.entry_kind is 'grant creates power, revoke destroys it, transfer moves it';


-- Nodes ---------------------------------------------------------------------------------------------------------------

create table power_dynamics.nodes (
  id               uuid          not null default bk.uuid_v7(),
  node_key         text          not null,
  kind             power_dynamics.node_kind not null,
  display_name     text,
  power            numeric(20,6) not null default 0,
  influence_score  float8        not null default 0.5,
  reputation_score float8        not null default 0.5,
  capabilities     text[]        not null default '{}',
  resources        jsonb         not null default '{}',
  is_active        boolean       not null default true,
  last_active_at   timestamptz,
  metadata         jsonb         not null default '{}',
  row_version      bigint        not null default 1,
  created_at       timestamptz   not null default now(),
  updated_at       timestamptz   not null default now(),
  constraint nodes_pkey                   primary key (id),
  constraint nodes_node_key_key           unique (node_key),
  constraint nodes_power_not_negative     check (power >= 0 and power <> 'NaN'),
  constraint nodes_influence_score_range  check (influence_score between 0 and 1),
  constraint nodes_reputation_score_range check (reputation_score between 0 and 1),
  constraint nodes_resources_object       check (jsonb_typeof(resources) = 'object'),
  constraint nodes_metadata_object        check (jsonb_typeof(metadata) = 'object')
);
comment on table  power_dynamics.nodes       is 'Whoever holds power';
comment on column power_dynamics.nodes.power is
  'Balance, moved only by the ledger; readers of 0..1 take power / sum(power)';

create index nodes_power_idx on power_dynamics.nodes (power desc, id) where is_active;
create index nodes_kind_idx  on power_dynamics.nodes (kind) where is_active;


-- Coalitions ----------------------------------------------------------------------------------------------------------

create table power_dynamics.coalitions (
  id                 uuid        not null default bk.uuid_v7(),
  coalition_key      text        not null,
  name               text        not null,
  purpose            text,
  founder_id         uuid        not null,
  min_members        smallint    not null default 2,
  formed_at          timestamptz not null default clock_timestamp(),
  dissolved_at       timestamptz,
  dissolution_reason text,
  data               jsonb       not null default '{}',
  row_version        bigint      not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  constraint coalitions_pkey              primary key (id),
  constraint coalitions_coalition_key_key unique (coalition_key),
  constraint coalitions_founder_id_fkey   foreign key (founder_id) references power_dynamics.nodes on delete restrict,
  constraint coalitions_min_members_range check (min_members >= 2),
  constraint coalitions_dissolved_later   check (dissolved_at >= formed_at),
  constraint coalitions_data_object       check (jsonb_typeof(data) = 'object')
);
comment on table  power_dynamics.coalitions             is 'Nodes that act together; dissolved, not deleted';
comment on column power_dynamics.coalitions.min_members is
  'A live coalition never has fewer live members, checked at commit';

create table power_dynamics.coalition_members (
  id           bigint        not null generated by default as identity,
  coalition_id uuid          not null,
  node_id      uuid          not null,
  joined_at    timestamptz   not null default clock_timestamp(),
  left_at      timestamptz,
  contribution numeric(20,6) not null default 0,
  constraint coalition_members_pkey                primary key (id),
  constraint coalition_members_coalition_id_fkey   foreign key (coalition_id)
    references power_dynamics.coalitions on delete cascade,
  constraint coalition_members_node_id_fkey        foreign key (node_id)
    references power_dynamics.nodes on delete restrict,
  constraint coalition_members_left_later          check (left_at >= joined_at),
  constraint coalition_members_contribution_finite check (contribution <> 'NaN')
);
comment on table power_dynamics.coalition_members is
  'Spells of membership; whoever leaves keeps the row, whoever returns gets another';

create unique index coalition_members_live_key on power_dynamics.coalition_members (coalition_id, node_id)
  where left_at is null;
create index coalition_members_coalition_idx   on power_dynamics.coalition_members (coalition_id);
create index coalition_members_node_idx        on power_dynamics.coalition_members (node_id) where left_at is null;


-- Relations -----------------------------------------------------------------------------------------------------------

create table power_dynamics.relations (
  id               uuid        not null default bk.uuid_v7(),
  source_id        uuid        not null,
  target_id        uuid        not null,
  kind             power_dynamics.relation_kind not null,
  strength         float8      not null default 0.5,
  reciprocity      float8      not null default 0,
  influence_weight float8      not null default 1,
  resource_flow    jsonb       not null default '{}',
  coalition_id     uuid,
  established_at   timestamptz not null default clock_timestamp(),
  dissolved_at     timestamptz,
  metadata         jsonb       not null default '{}',
  row_version      bigint      not null default 1,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  constraint relations_pkey                   primary key (id),
  constraint relations_source_id_fkey         foreign key (source_id) references power_dynamics.nodes on delete cascade,
  constraint relations_target_id_fkey         foreign key (target_id) references power_dynamics.nodes on delete cascade,
  constraint relations_coalition_id_fkey      foreign key (coalition_id)
    references power_dynamics.coalitions on delete set null,
  constraint relations_to_another             check (source_id <> target_id),
  constraint relations_symmetric_once         check (kind not in ('collaborative', 'competitive') or source_id < target_id),
  constraint relations_strength_range         check (strength > 0 and strength <= 1),
  constraint relations_reciprocity_range      check (reciprocity between -1 and 1),
  constraint relations_influence_weight_range check (influence_weight >= 0 and influence_weight < 'Infinity'),
  constraint relations_dissolved_later        check (dissolved_at >= established_at),
  constraint relations_resource_flow_object   check (jsonb_typeof(resource_flow) = 'object'),
  constraint relations_metadata_object        check (jsonb_typeof(metadata) = 'object')
);
comment on table  power_dynamics.relations           is 'Directed relations; closed (dissolved_at), not deleted';
comment on column power_dynamics.relations.source_id is 'Symmetric kinds are stored once, with source_id < target_id';

create unique index relations_live_key      on power_dynamics.relations (source_id, target_id, kind)
  where dissolved_at is null;
create index relations_live_target_idx      on power_dynamics.relations (target_id, source_id)
  where dissolved_at is null;
create index relations_target_idx           on power_dynamics.relations (target_id);
create index relations_source_idx           on power_dynamics.relations (source_id, established_at desc);
create index relations_coalition_idx        on power_dynamics.relations (coalition_id) where coalition_id is not null;

create view power_dynamics.live_edges as
  select r.id, r.source_id as a, r.target_id as b, r.kind, r.strength, r.influence_weight
  from power_dynamics.relations r
  where r.dissolved_at is null
  union all
  select r.id, r.target_id, r.source_id, r.kind, r.strength, r.influence_weight
  from power_dynamics.relations r
  where r.dissolved_at is null and r.kind in ('collaborative', 'competitive');
comment on view power_dynamics.live_edges is 'Live relations as edges a -> b, symmetric ones in both directions';


-- Events --------------------------------------------------------------------------------------------------------------

create table power_dynamics.events (
  id           uuid        not null default bk.uuid_v7(),
  kind         power_dynamics.event_kind not null,
  initiator_id uuid,
  coalition_id uuid,
  resolves_id  uuid,
  data         jsonb       not null default '{}',
  outcome      jsonb,
  impact_score float8      not null default 0,
  started_at   timestamptz not null default clock_timestamp(),
  ended_at     timestamptz,
  constraint events_pkey               primary key (id),
  constraint events_resolves_id_key    unique (resolves_id),
  constraint events_initiator_id_fkey  foreign key (initiator_id) references power_dynamics.nodes on delete set null,
  constraint events_coalition_id_fkey  foreign key (coalition_id)
    references power_dynamics.coalitions on delete set null,
  constraint events_resolves_id_fkey   foreign key (resolves_id) references power_dynamics.events on delete cascade,
  constraint events_resolution_shape   check ((kind = 'conflict_resolved') = (resolves_id is not null)),
  constraint events_resolves_another   check (resolves_id <> id),
  constraint events_impact_score_range check (impact_score between 0 and 1),
  constraint events_ended_later        check (ended_at >= started_at),
  constraint events_data_object        check (jsonb_typeof(data) = 'object')
);
comment on table  power_dynamics.events             is 'What happened between nodes';
comment on column power_dynamics.events.resolves_id is
  'The conflict that a conflict_resolved ends; unique, so a conflict ends once';

create index events_kind_idx      on power_dynamics.events (kind, started_at desc, id desc);
create index events_initiator_idx on power_dynamics.events (initiator_id, started_at desc);

create table power_dynamics.event_participants (
  event_id uuid not null,
  node_id  uuid not null,
  role     power_dynamics.participant_role not null default 'participant',
  constraint event_participants_pkey          primary key (event_id, node_id, role),
  constraint event_participants_event_id_fkey foreign key (event_id) references power_dynamics.events on delete cascade,
  constraint event_participants_node_id_fkey  foreign key (node_id) references power_dynamics.nodes on delete cascade
);
comment on table power_dynamics.event_participants is 'Who took part in an event';

create index event_participants_node_idx on power_dynamics.event_participants (node_id, event_id);


-- Ledger --------------------------------------------------------------------------------------------------------------

create table power_dynamics.ledger (
  id           bigint        not null generated by default as identity,
  entry_key    text          not null,
  kind         power_dynamics.entry_kind not null,
  from_id      uuid,
  to_id        uuid,
  amount       numeric(20,6) not null,
  from_balance numeric(20,6),
  to_balance   numeric(20,6),
  event_id     uuid,
  reason       text,
  created_at   timestamptz   not null default now(),
  constraint ledger_pkey            primary key (id),
  constraint ledger_entry_key_key   unique (entry_key),
  constraint ledger_from_id_fkey    foreign key (from_id) references power_dynamics.nodes on delete restrict,
  constraint ledger_to_id_fkey      foreign key (to_id) references power_dynamics.nodes on delete restrict,
  constraint ledger_amount_positive check (amount > 0 and amount <> 'NaN'),
  constraint ledger_entry_shape     check (case kind
    when 'grant'    then from_id is null     and to_id is not null
    when 'revoke'   then from_id is not null and to_id is null
    when 'transfer' then from_id is not null and to_id is not null and from_id <> to_id end)
);
comment on table power_dynamics.ledger is
  'Append-only: the only way power moves. Inserting an entry applies it';
comment on column power_dynamics.ledger.entry_key is
  'Idempotency key: the same entry again is skipped, another one under its key refused';
comment on column power_dynamics.ledger.from_balance is
  'Balance after the entry, filled by trigger a_apply; to_balance likewise';
comment on column power_dynamics.ledger.event_id is
  'By value, no foreign key: an event may be purged, the entry not';

create index ledger_from_idx on power_dynamics.ledger (from_id, id desc);
create index ledger_to_idx   on power_dynamics.ledger (to_id, id desc);


-- Metrics -------------------------------------------------------------------------------------------------------------

create table power_dynamics.node_metrics (
  node_id           uuid          not null,
  measured_at       timestamptz   not null default now(),
  power             numeric(20,6) not null,
  power_share       float8        not null,
  influence_score   float8        not null,
  reputation_score  float8        not null,
  in_degree         integer       not null,
  out_degree        integer       not null,
  degree_centrality float8        not null,
  strength_sum      float8        not null,
  clustering        float8,
  betweenness       float8,
  pagerank          float8,
  coalition_count   integer       not null,
  conflict_count    integer       not null,
  constraint node_metrics_pkey                    primary key (node_id, measured_at),
  constraint node_metrics_power_range             check (power >= 0 and power <> 'NaN'),
  constraint node_metrics_power_share_range       check (power_share between 0 and 1),
  constraint node_metrics_influence_score_range   check (influence_score between 0 and 1),
  constraint node_metrics_reputation_score_range  check (reputation_score between 0 and 1),
  constraint node_metrics_degree_centrality_range check (degree_centrality >= 0 and degree_centrality < 'Infinity'),
  constraint node_metrics_strength_sum_range      check (strength_sum >= 0 and strength_sum < 'Infinity'),
  constraint node_metrics_clustering_range        check (clustering between 0 and 1),
  constraint node_metrics_betweenness_range       check (betweenness >= 0 and betweenness < 'Infinity'),
  constraint node_metrics_pagerank_range          check (pagerank between 0 and 1),
  constraint node_metrics_counts_positive         check (least(in_degree, out_degree, coalition_count, conflict_count) >= 0)
) partition by range (measured_at);
comment on table power_dynamics.node_metrics is
  'Position of each node in the network over time, monthly partitions; node_id by value';
comment on column power_dynamics.node_metrics.power_share is 'power / sum(power), 0..1';

create table power_dynamics.node_metrics_default partition of power_dynamics.node_metrics default;
comment on table power_dynamics.node_metrics_default is
  'Takes what has no partition yet, so that a write never fails; should stay empty';

insert into bk.partition_policies (parent, step, keep, ahead, append_only)
values ('power_dynamics.node_metrics', 'month', interval '12 months', 3, false);

do $$
begin
  perform bk.ensure_partitions('power_dynamics.node_metrics', now(), now() + interval '3 months');
end
$$;
