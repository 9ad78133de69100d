-- Evolution: experiments, their generations and agents, lineage and snapshots. Lineage is acyclic and stays inside one
-- experiment by declaration: the keys carry the generation number along.

create schema evolution;
comment on schema evolution is
  'Populations of agents that evolve: experiments, generations, agents, lineage, snapshots';


-- Vocabulary ----------------------------------------------------------------------------------------------------------

create type evolution.agent_status as enum ('active', 'dormant', 'evolved', 'deprecated', 'terminated');
comment on type evolution.agent_status is 'evolved: has been succeeded by a next generation';

create type evolution.selection_strategy as enum
  ('fitness_proportionate', 'tournament', 'rank_based', 'elitism', 'diversity_preserving');
comment on type evolution.selection_strategy is 'How parents are chosen';

create type evolution.mutation_kind as enum ('parameter', 'structural', 'behavioral', 'capability', 'hybrid');
comment on type evolution.mutation_kind is 'What a mutation changes';

create type evolution.experiment_status as enum ('draft', 'running', 'paused', 'completed', 'failed', 'archived');
comment on type evolution.experiment_status is 'State of an experiment as its owner sees it';

create type evolution.generation_status as enum ('pending', 'running', 'completed', 'aborted');
comment on type evolution.generation_status is 'pending -> running -> completed | aborted, pending -> aborted';

create type evolution.agent_origin as enum ('seed', 'random', 'elite', 'crossover', 'mutation', 'immigrant');
comment on type evolution.agent_origin is 'How an agent came about';

create type evolution.snapshot_kind as enum ('auto', 'manual', 'best');
comment on type evolution.snapshot_kind is 'Why a snapshot was taken; one auto per generation';


-- Experiments and generations -----------------------------------------------------------------------------------------

create table evolution.experiments (
  id                 uuid        not null default bk.uuid_v7(),
  experiment_key     text        not null,
  title              text,
  status             evolution.experiment_status not null default 'draft',
  population_size    integer     not null,
  elite_size         integer     not null default 0,
  selection_strategy evolution.selection_strategy not null,
  selection_params   jsonb       not null default '{}',
  mutation_rate      float8      not null default 0.1,
  crossover_rate     float8      not null default 0.7,
  mutation_kinds     evolution.mutation_kind[] not null default '{parameter}',
  rng_seed           bigint      not null default 0,
  params             jsonb       not null default '{}',
  row_version        bigint      not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  constraint experiments_pkey                     primary key (id),
  constraint experiments_experiment_key_key       unique (experiment_key),
  constraint experiments_population_size_range    check (population_size between 2 and 100000),
  constraint experiments_elite_size_range         check (elite_size >= 0 and elite_size < population_size),
  constraint experiments_mutation_rate_range      check (mutation_rate between 0 and 1),
  constraint experiments_crossover_rate_range     check (crossover_rate between 0 and 1),
  constraint experiments_mutation_kinds_not_empty check (cardinality(mutation_kinds) > 0),
  constraint experiments_selection_params_object  check (jsonb_typeof(selection_params) = 'object'),
  constraint experiments_params_object            check (jsonb_typeof(params) = 'object')
);
comment on table  evolution.experiments          is 'A population and the rules it evolves by';
comment on column evolution.experiments.rng_seed is 'With the parameters and the code, what makes a run repeatable';

create table evolution.generations (
  id                uuid        not null default bk.uuid_v7(),
  experiment_id     uuid        not null,
  number            integer     not null,
  previous_number   integer     generated always as (nullif(number, 0) - 1) stored,
  status            evolution.generation_status not null default 'pending',
  population_size   integer     not null,
  params            jsonb       not null default '{}',
  avg_fitness       float8,
  max_fitness       float8,
  min_fitness       float8,
  fitness_stddev    float8,
  genetic_diversity float8,
  improvement_rate  float8,
  convergence       float8,
  started_at        timestamptz,
  finished_at       timestamptz,
  row_version       bigint      not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  constraint generations_pkey                         primary key (id),
  constraint generations_experiment_id_number_key     unique (experiment_id, number),
  constraint generations_id_experiment_id_number_key  unique (id, experiment_id, number),
  constraint generations_experiment_id_fkey           foreign key (experiment_id)
    references evolution.experiments on delete cascade,
  constraint generations_previous_fkey                foreign key (experiment_id, previous_number)
    references evolution.generations (experiment_id, number),
  constraint generations_number_positive              check (number >= 0),
  constraint generations_population_size_positive     check (population_size > 0),
  constraint generations_params_object                check (jsonb_typeof(params) = 'object'),
  constraint generations_fitness_order                check (
    min_fitness > '-Infinity' and max_fitness > '-Infinity' and avg_fitness > '-Infinity'
    and min_fitness < 'Infinity' and max_fitness < 'Infinity' and avg_fitness < 'Infinity'
    and min_fitness <= max_fitness
    and avg_fitness between min_fitness - 1e-9 * greatest(1, abs(min_fitness))
                        and max_fitness + 1e-9 * greatest(1, abs(max_fitness))),
  constraint generations_fitness_stddev_range         check (fitness_stddev >= 0 and fitness_stddev < 'Infinity'),
  constraint generations_improvement_rate_finite      check (improvement_rate > '-Infinity' and improvement_rate < 'Infinity'),
  constraint generations_genetic_diversity_range      check (genetic_diversity between 0 and 1),
  constraint generations_convergence_range            check (convergence between 0 and 1),
  constraint generations_completed_shape              check (
    status <> 'completed' or num_nulls(avg_fitness, max_fitness, min_fitness, finished_at) = 0),
  constraint generations_finished_later               check (finished_at >= started_at)
);
comment on table evolution.generations is
  'Steps of an experiment, numbered from 0 without gaps, at most one running';
comment on column evolution.generations.previous_number is
  'Generated: number - 1, null for 0; its foreign key rules out gaps';

create unique index generations_one_running_key on evolution.generations (experiment_id) where status = 'running';


-- Agents and lineage --------------------------------------------------------------------------------------------------

create table evolution.agents (
  id                uuid        not null default bk.uuid_v7(),
  agent_key         text        not null,
  experiment_id     uuid        not null,
  generation_id     uuid        not null,
  generation_number integer     not null,
  slot              integer     not null,
  origin            evolution.agent_origin not null default 'random',
  status            evolution.agent_status not null default 'active',
  genome            jsonb       not null,
  genome_sha256     bytea       not null,
  phenotype         jsonb       not null default '{}',
  mutations         jsonb       not null default '[]',
  capabilities      text[]      not null default '{}',
  fitness           float8,
  evaluated_at      timestamptz,
  task_success_rate float8,
  adaptability      float8,
  innovation        float8,
  stability         float8,
  lineage_depth     integer     not null default 0,
  metadata          jsonb       not null default '{}',
  row_version       bigint      not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  constraint agents_pkey                     primary key (id),
  constraint agents_agent_key_key            unique (experiment_id, agent_key),
  constraint agents_generation_id_slot_key   unique (generation_id, slot),
  constraint agents_lineage_key              unique (id, experiment_id, generation_number),
  constraint agents_generation_fkey          foreign key (generation_id, experiment_id, generation_number)
    references evolution.generations (id, experiment_id, number) on delete cascade,
  constraint agents_slot_positive            check (slot >= 0),
  constraint agents_genome_object            check (jsonb_typeof(genome) = 'object'),
  constraint agents_genome_sha256_length     check (octet_length(genome_sha256) = 32),
  constraint agents_phenotype_object         check (jsonb_typeof(phenotype) = 'object'),
  constraint agents_mutations_array          check (jsonb_typeof(mutations) = 'array'),
  constraint agents_metadata_object          check (jsonb_typeof(metadata) = 'object'),
  constraint agents_fitness_finite           check (fitness > '-Infinity' and fitness < 'Infinity'),
  constraint agents_evaluated_shape          check ((fitness is null) = (evaluated_at is null)),
  constraint agents_task_success_rate_range  check (task_success_rate between 0 and 1),
  constraint agents_adaptability_range       check (adaptability between 0 and 1),
  constraint agents_innovation_range         check (innovation between 0 and 1),
  constraint agents_stability_range          check (stability between 0 and 1),
  constraint agents_lineage_depth_positive   check (lineage_depth >= 0)
) with (fillfactor = 85);
comment on table  evolution.agents               is 'Individuals of a generation; the genome is fixed';
comment on column evolution.agents.genome_sha256 is 'Filled by trigger a_fill; distinct hashes measure diversity';
comment on column evolution.agents.fitness       is 'Null until evaluated: 0 is a score';
comment on column evolution.agents.lineage_depth is '1 + the deepest parent, 0 without parents';

create index agents_leaderboard_idx on evolution.agents (experiment_id, fitness desc, id) where fitness is not null;
create index agents_generation_idx  on evolution.agents (generation_id, fitness desc nulls last, id);
create index agents_genome_idx      on evolution.agents (genome_sha256);

create table evolution.agent_parents (
  child_id          uuid     not null,
  ordinal           smallint not null,
  parent_id         uuid     not null,
  experiment_id     uuid     not null,
  child_generation  integer  not null,
  parent_generation integer  not null,
  constraint agent_parents_pkey                   primary key (child_id, ordinal),
  constraint agent_parents_child_id_parent_id_key unique (child_id, parent_id),
  constraint agent_parents_child_fkey             foreign key (child_id, experiment_id, child_generation)
    references evolution.agents (id, experiment_id, generation_number) on delete cascade,
  constraint agent_parents_parent_fkey            foreign key (parent_id, experiment_id, parent_generation)
    references evolution.agents (id, experiment_id, generation_number) on delete cascade,
  constraint agent_parents_ordinal_range          check (ordinal between 1 and 8),
  constraint agent_parents_parent_is_earlier      check (parent_generation < child_generation)
);
comment on table evolution.agent_parents is 'Lineage: a parent is of an earlier generation, so there is no cycle';

create index agent_parents_parent_idx on evolution.agent_parents (parent_id);

create table evolution.agent_metrics (
  agent_id            uuid        not null,
  round               integer     not null,
  fitness             float8,
  tasks_completed     integer     not null default 0,
  tasks_failed        integer     not null default 0,
  avg_task_ms         float8,
  exploration_rate    float8,
  cooperation         float8,
  robustness          float8,
  environment_fitness jsonb       not null default '{}',
  extra               jsonb       not null default '{}',
  recorded_at         timestamptz not null default clock_timestamp(),
  constraint agent_metrics_pkey                       primary key (agent_id, round),
  constraint agent_metrics_agent_id_fkey              foreign key (agent_id)
    references evolution.agents on delete cascade,
  constraint agent_metrics_round_positive             check (round >= 0),
  constraint agent_metrics_fitness_finite             check (fitness > '-Infinity' and fitness < 'Infinity'),
  constraint agent_metrics_tasks_positive             check (tasks_completed >= 0 and tasks_failed >= 0),
  constraint agent_metrics_avg_task_ms_range          check (avg_task_ms >= 0 and avg_task_ms < 'Infinity'),
  constraint agent_metrics_exploration_rate_range     check (exploration_rate between 0 and 1),
  constraint agent_metrics_cooperation_range          check (cooperation between 0 and 1),
  constraint agent_metrics_robustness_range           check (robustness between 0 and 1),
  constraint agent_metrics_environment_fitness_object check (jsonb_typeof(environment_fitness) = 'object'),
  constraint agent_metrics_extra_object               check (jsonb_typeof(extra) = 'object')
);
comment on table evolution.agent_metrics is
  'An agent''s measurements by round; lives and dies with its experiment, hence not partitioned';


-- Snapshots -----------------------------------------------------------------------------------------------------------

create table evolution.state_snapshots (
  id                uuid        not null default bk.uuid_v7(),
  experiment_id     uuid        not null,
  generation_id     uuid        not null,
  generation_number integer     not null,
  kind              evolution.snapshot_kind not null default 'auto',
  params            jsonb       not null,
  rng_state         jsonb       not null default '{}',
  elite             jsonb       not null default '[]',
  population_sha256 bytea       not null,
  best_fitness      float8,
  diversity         float8,
  uri               text,
  checksum_sha256   bytea,
  is_restorable     boolean     not null default true,
  created_at        timestamptz not null default now(),
  constraint state_snapshots_pkey                     primary key (id),
  constraint state_snapshots_generation_fkey          foreign key (generation_id, experiment_id, generation_number)
    references evolution.generations (id, experiment_id, number) on delete cascade,
  constraint state_snapshots_params_object            check (jsonb_typeof(params) = 'object'),
  constraint state_snapshots_rng_state_object         check (jsonb_typeof(rng_state) = 'object'),
  constraint state_snapshots_elite_array              check (jsonb_typeof(elite) = 'array'),
  constraint state_snapshots_population_sha256_length check (octet_length(population_sha256) = 32),
  constraint state_snapshots_best_fitness_finite      check (best_fitness > '-Infinity' and best_fitness < 'Infinity'),
  constraint state_snapshots_diversity_range          check (diversity between 0 and 1),
  constraint state_snapshots_uri_has_checksum         check (uri is null or checksum_sha256 is not null),
  constraint state_snapshots_checksum_sha256_length   check (octet_length(checksum_sha256) = 32)
);
comment on table  evolution.state_snapshots                   is 'What it takes to go on from a generation; immutable';
comment on column evolution.state_snapshots.population_sha256 is
  'Hash over the ordered genome hashes; a restore recomputes it';

create unique index state_snapshots_one_auto_key on evolution.state_snapshots (generation_id) where kind = 'auto';
create index state_snapshots_generation_idx      on evolution.state_snapshots (generation_id);
create index state_snapshots_experiment_idx      on evolution.state_snapshots (experiment_id, generation_number desc, id desc);
