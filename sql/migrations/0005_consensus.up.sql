-- Consensus: the store that the nodes share. It records and guards the protocol, it does not run it: a promise is a vote
-- of phase prepare, an acceptance one of phase accept. The guards are in the next two migrations.

create schema consensus;
comment on schema consensus is 'Nodes, proposals, ballots, votes and the hash-chained log of what was decided';


-- Vocabulary ----------------------------------------------------------------------------------------------------------

create type consensus.node_role as enum ('proposer', 'acceptor', 'learner', 'observer');
comment on type consensus.node_role is 'Part of a node in the protocol';

create type consensus.node_status as enum ('active', 'inactive', 'failed', 'syncing', 'partitioned', 'quarantined');
comment on type consensus.node_status is 'partitioned: cut off by the network; quarantined: cut off by us';

create type consensus.protocol as enum ('paxos', 'raft', 'pbft');
comment on type consensus.protocol is 'How the proposal is agreed upon; a raft term is stored as the ballot number';

create type consensus.proposal_type as enum
  ('claim_validation', 'model_update', 'policy_change', 'ethical_guideline', 'framework_weight_update',
   'system_configuration', 'emergency_override');
comment on type consensus.proposal_type is 'What is being decided';

create type consensus.approval as enum ('approve', 'conditional', 'abstain', 'reject');
comment on type consensus.approval is
  'A vote; conditional counts for the quorum and 0.7 for the score, abstain for neither';

create type consensus.proposal_status as enum
  ('pending', 'accepted', 'rejected', 'timeout', 'voting', 'conditionally_accepted', 'withdrawn');
comment on type consensus.proposal_status is
  'pending -> voting -> accepted | conditionally_accepted | rejected; timeout and withdrawn from both open states';

create type consensus.ballot_phase as enum ('prepare', 'accept');
comment on type consensus.ballot_phase is 'prepare gathers promises, accept gathers acceptances';

create type consensus.log_kind as enum
  ('proposal_decided', 'membership_changed', 'trust_updated', 'config_changed', 'snapshot');
comment on type consensus.log_kind is 'What an entry of the state log records';


-- Nodes ---------------------------------------------------------------------------------------------------------------

create table consensus.nodes (
  id                    uuid        not null default bk.uuid_v7(),
  node_key              text        not null,
  address               text        not null,
  role                  consensus.node_role   not null default 'acceptor',
  status                consensus.node_status not null default 'syncing',
  public_key            text,
  philosophical_weights jsonb       not null default '{}',
  domain_expertise      jsonb       not null default '{}',
  metadata              jsonb       not null default '{}',
  reputation            float8      not null default 0.5,
  failure_score         float8      not null default 0,
  last_ballot           bigint      not null default 0,
  applied_index         bigint      not null default 0,
  last_heartbeat_at     timestamptz,
  row_version           bigint      not null default 1,
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),
  constraint nodes_pkey                         primary key (id),
  constraint nodes_node_key_key                 unique (node_key),
  constraint nodes_philosophical_weights_object check (jsonb_typeof(philosophical_weights) = 'object'),
  constraint nodes_domain_expertise_object      check (jsonb_typeof(domain_expertise) = 'object'),
  constraint nodes_metadata_object              check (jsonb_typeof(metadata) = 'object'),
  constraint nodes_reputation_range             check (reputation between 0 and 1),
  constraint nodes_failure_score_range          check (failure_score between 0 and 1),
  constraint nodes_last_ballot_positive         check (last_ballot >= 0),
  constraint nodes_applied_index_positive       check (applied_index >= 0)
) with (fillfactor = 70);
comment on table consensus.nodes is
  'Members of the network, at most about 100; a heartbeat is a HOT update, hence no index on it';
comment on column consensus.nodes.last_ballot   is 'Highest ballot number the node ever proposed; only rises';
comment on column consensus.nodes.applied_index is 'Last state_log entry the node has applied; only rises';

create table consensus.node_trust (
  truster_id   uuid              not null,
  trustee_id   uuid              not null,
  framework    bk.framework_kind not null,
  score        float8            not null default 0.5,
  observations integer           not null default 0,
  updated_at   timestamptz       not null default now(),
  constraint node_trust_pkey                  primary key (truster_id, trustee_id, framework),
  constraint node_trust_truster_id_fkey       foreign key (truster_id) references consensus.nodes on delete cascade,
  constraint node_trust_trustee_id_fkey       foreign key (trustee_id) references consensus.nodes on delete cascade,
  constraint node_trust_in_another            check (truster_id <> trustee_id),
  constraint node_trust_score_range           check (score between 0 and 1),
  constraint node_trust_observations_positive check (observations >= 0)
);
comment on table  consensus.node_trust       is 'How far one node trusts another, by framework';
comment on column consensus.node_trust.score is '0.5 is neutral';

create index node_trust_trustee_idx on consensus.node_trust (trustee_id);


-- Proposals and their electorate --------------------------------------------------------------------------------------

create table consensus.proposals (
  id                      uuid         not null default bk.uuid_v7(),
  proposal_key            text         not null,
  proposal_type           consensus.proposal_type not null,
  protocol                consensus.protocol      not null default 'paxos',
  domain                  bk.claim_domain,
  content                 jsonb        not null,
  metadata                jsonb        not null default '{}',
  priority                smallint     not null default 3,
  proposer_id             uuid         not null,
  required_frameworks     bk.framework_kind[] not null default '{}',
  quorum_fraction         numeric(4,3) not null default 0.6,
  approval_threshold      numeric(4,3) not null default 0.7,
  status                  consensus.proposal_status not null default 'pending',
  current_ballot_id       uuid,
  decided_ballot_id       uuid,
  decision_score          float8,
  decision_reason         text,
  expires_at              timestamptz  not null,
  decided_at              timestamptz,
  supersedes_id           uuid,
  verification_request_id uuid,
  row_version             bigint       not null default 1,
  created_at              timestamptz  not null default now(),
  updated_at              timestamptz  not null default now(),
  constraint proposals_pkey                         primary key (id),
  constraint proposals_proposal_key_key             unique (proposal_key),
  constraint proposals_supersedes_id_key            unique (supersedes_id),
  constraint proposals_proposer_id_fkey             foreign key (proposer_id)
    references consensus.nodes on delete restrict,
  constraint proposals_supersedes_id_fkey           foreign key (supersedes_id)
    references consensus.proposals on delete set null,
  constraint proposals_verification_request_id_fkey foreign key (verification_request_id)
    references verification.requests on delete set null,
  constraint proposals_content_object               check (jsonb_typeof(content) = 'object'),
  constraint proposals_metadata_object              check (jsonb_typeof(metadata) = 'object'),
  constraint proposals_priority_range               check (priority between 1 and 5),
  constraint proposals_quorum_fraction_range        check (quorum_fraction > 0.5 and quorum_fraction <= 1),
  constraint proposals_approval_threshold_range     check (approval_threshold between 0 and 1),
  constraint proposals_decision_score_range         check (decision_score between 0 and 1),
  constraint proposals_expires_later                check (expires_at > created_at),
  constraint proposals_supersedes_another           check (supersedes_id <> id),
  constraint proposals_voting_shape                 check (status <> 'voting' or current_ballot_id is not null),
  constraint proposals_decided_shape                check ((status in ('pending', 'voting')) = (decided_at is null)),
  constraint proposals_accepted_shape               check (
    (status in ('accepted', 'conditionally_accepted')) = (decided_ballot_id is not null))
);
comment on table  consensus.proposals                     is 'What the network is asked to decide; a decision is final';
comment on column consensus.proposals.priority            is '1 critical .. 5 routine, served in ascending order';
comment on column consensus.proposals.required_frameworks is
  'Frameworks whose assessments must approve before the proposal is accepted without conditions';
comment on column consensus.proposals.quorum_fraction is
  'Of the electors'' weight; above one half, so that two quorums always intersect';
comment on column consensus.proposals.approval_threshold is
  'Score that turns a quorum into accepted rather than conditionally_accepted';
comment on column consensus.proposals.current_ballot_id   is 'The newest ballot, the only one that takes votes';
comment on column consensus.proposals.decided_ballot_id   is 'The ballot that was accepted';
comment on column consensus.proposals.decision_score      is 'Filled from consensus.tally() on acceptance';
comment on column consensus.proposals.decided_at is
  'Filled by trigger b_guard under the row lock, hence later than every vote';
comment on column consensus.proposals.supersedes_id       is 'The proposal this one refines';

create index proposals_open_idx     on consensus.proposals (priority, created_at, id)
  where status in ('pending', 'voting');
create index proposals_expiry_idx   on consensus.proposals (expires_at) where status in ('pending', 'voting');
create index proposals_created_idx  on consensus.proposals (created_at desc, id desc);
create index proposals_proposer_idx on consensus.proposals (proposer_id, created_at desc);
create index proposals_request_idx  on consensus.proposals (verification_request_id)
  where verification_request_id is not null;

create table consensus.electors (
  proposal_id uuid         not null,
  node_id     uuid         not null,
  weight      numeric(9,6) not null default 1,
  constraint electors_pkey             primary key (proposal_id, node_id),
  constraint electors_proposal_id_fkey foreign key (proposal_id) references consensus.proposals on delete cascade,
  constraint electors_node_id_fkey     foreign key (node_id) references consensus.nodes on delete restrict,
  constraint electors_weight_positive  check (weight > 0 and weight <> 'NaN')
);
comment on table consensus.electors is 'Who may vote on a proposal and with what weight; frozen when voting starts';

create index electors_node_idx on consensus.electors (node_id);


-- Ballots and votes ---------------------------------------------------------------------------------------------------

create table consensus.ballots (
  id               uuid        not null default bk.uuid_v7(),
  proposal_id      uuid        not null,
  proposer_id      uuid        not null,
  number           bigint      not null,
  phase            consensus.ballot_phase not null default 'prepare',
  value            jsonb       not null,
  value_sha256     bytea       not null,
  opened_at        timestamptz not null default clock_timestamp(),
  accept_opened_at timestamptz,
  superseded_at    timestamptz,
  constraint ballots_pkey                   primary key (id),
  constraint ballots_proposal_id_number_key unique (proposal_id, number),
  constraint ballots_proposer_id_number_key unique (proposer_id, number),
  constraint ballots_id_proposal_id_key     unique (id, proposal_id),
  constraint ballots_proposal_id_fkey       foreign key (proposal_id) references consensus.proposals on delete cascade,
  constraint ballots_proposer_id_fkey       foreign key (proposer_id) references consensus.nodes on delete restrict,
  constraint ballots_number_positive        check (number > 0),
  constraint ballots_value_sha256_length    check (octet_length(value_sha256) = 32),
  constraint ballots_accept_shape           check ((phase = 'accept') = (accept_opened_at is not null))
);
comment on table consensus.ballots is
  'A numbered attempt to have a value accepted; only its phase and times move';
comment on column consensus.ballots.number is
  'Above every earlier ballot of the proposal and of the proposer; a raft term';
comment on column consensus.ballots.value_sha256  is 'Filled by trigger a_guard';
comment on column consensus.ballots.superseded_at is 'Filled when a later ballot of the proposal opens';

alter table consensus.proposals
  add constraint proposals_current_ballot_id_fkey foreign key (current_ballot_id, id)
    references consensus.ballots (id, proposal_id) deferrable initially deferred,
  add constraint proposals_decided_ballot_id_fkey foreign key (decided_ballot_id, id)
    references consensus.ballots (id, proposal_id) deferrable initially deferred;

create table consensus.votes (
  id          bigint      not null generated by default as identity,
  proposal_id uuid        not null,
  ballot_id   uuid        not null,
  node_id     uuid        not null,
  phase       consensus.ballot_phase not null,
  decision    consensus.approval     not null,
  confidence  float8      not null default 1,
  reason      text,
  conditions  jsonb       not null default '[]',
  signature   text,
  cast_at     timestamptz not null default clock_timestamp(),
  constraint votes_pkey                         primary key (id),
  constraint votes_ballot_id_phase_node_id_key  unique (ballot_id, phase, node_id),
  constraint votes_elector_fkey                 foreign key (proposal_id, node_id)
    references consensus.electors on delete cascade,
  constraint votes_ballot_fkey                  foreign key (ballot_id, proposal_id)
    references consensus.ballots (id, proposal_id) on delete cascade,
  constraint votes_confidence_range             check (confidence between 0 and 1),
  constraint votes_conditions_array             check (jsonb_typeof(conditions) = 'array'),
  constraint votes_conditional_names_conditions check (decision <> 'conditional' or conditions <> '[]')
);
comment on table  consensus.votes            is 'One vote per node, ballot and phase; immutable';
comment on column consensus.votes.conditions is 'What a conditional vote asks for';
comment on column consensus.votes.cast_at is
  'Never later than the decision: trigger a_guard holds the proposal meanwhile';

create index votes_elector_idx on consensus.votes (proposal_id, node_id);

create table consensus.vote_assessments (
  vote_id    bigint             not null,
  framework  bk.framework_kind  not null,
  verdict    consensus.approval not null,
  score      float8,
  confidence float8             not null default 1,
  reasoning  text,
  evidence   jsonb              not null default '{}',
  expires_at timestamptz,
  constraint vote_assessments_pkey             primary key (vote_id, framework),
  constraint vote_assessments_vote_id_fkey     foreign key (vote_id) references consensus.votes on delete cascade,
  constraint vote_assessments_score_range      check (score between 0 and 1),
  constraint vote_assessments_confidence_range check (confidence between 0 and 1),
  constraint vote_assessments_evidence_object  check (jsonb_typeof(evidence) = 'object')
);
comment on table  consensus.vote_assessments            is 'What each framework of a voter said; immutable';
comment on column consensus.vote_assessments.expires_at is
  'From then on the assessment no longer counts, unless the decision came before';


-- State log: a hash chain ---------------------------------------------------------------------------------------------

create table consensus.state_log (
  log_index   bigint      not null,
  term        bigint      not null default 0,
  kind        consensus.log_kind not null,
  proposal_id uuid,
  payload     jsonb       not null,
  recorded_by text        not null default bk.actor(),
  recorded_at timestamptz not null default clock_timestamp(),
  prev_hash   bytea       not null,
  entry_hash  bytea       not null,
  constraint state_log_pkey               primary key (log_index),
  constraint state_log_entry_hash_key     unique (entry_hash),
  constraint state_log_log_index_positive check (log_index > 0),
  constraint state_log_term_positive      check (term >= 0),
  constraint state_log_hash_length        check (octet_length(prev_hash) = 32 and octet_length(entry_hash) = 32),
  constraint state_log_decision_shape     check (kind <> 'proposal_decided' or proposal_id is not null)
);
comment on table consensus.state_log is
  'Append-only hash chain of everything decided, 1, 2, 3 .. without gaps';
comment on column consensus.state_log.log_index   is 'Filled by trigger a_chain, as are prev_hash and entry_hash';
comment on column consensus.state_log.proposal_id is 'By value, no foreign key: the log outlives the proposal';
comment on column consensus.state_log.entry_hash is
  'consensus.entry_hash(prev_hash, ..): recomputing it finds a changed payload';

create unique index state_log_decided_once_key on consensus.state_log (proposal_id) where kind = 'proposal_decided';

create table consensus.log_head (
  singleton  boolean not null default true,
  last_index bigint  not null default 0,
  last_hash  bytea   not null default decode(repeat('00', 32), 'hex'),
  constraint log_head_pkey             primary key (singleton),
  constraint log_head_singleton        check (singleton),
  constraint log_head_last_hash_length check (octet_length(last_hash) = 32)
);
comment on table consensus.log_head is
  'End of the chain in one row: the lock that puts appends in order. A data-only restore empties it first';

insert into consensus.log_head default values;
