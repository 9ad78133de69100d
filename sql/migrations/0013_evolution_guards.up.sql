-- Evolution: lifecycle of generations, fixed genomes, immutable snapshots.


-- Experiments and generations -----------------------------------------------------------------------------------------

create trigger zz_touch before update on evolution.experiments
  for each row when (old.* is distinct from new.*)
  execute function bk.touch_row();

create trigger b_initial before insert on evolution.generations
  for each row when (new.status not in ('pending', 'running'))
  execute function bk.refuse('ZB001', 'generation {new.number} cannot start as {new.status}',
    'a generation starts as pending or running; an import disables the triggers of the table and runs bk.verify() afterwards');

create trigger b_transition before update on evolution.generations
  for each row when (new.status <> old.status and not (
       old.status = 'pending' and new.status in ('running', 'aborted')
    or old.status = 'running' and new.status in ('completed', 'aborted')))
  execute function bk.refuse('ZB001', 'generation {old.number} cannot go from {old.status} to {new.status}',
    'a finished generation stays finished: start the next one');

create trigger c_freeze before update on evolution.generations
  for each row when (new.id <> old.id or new.experiment_id <> old.experiment_id or new.number <> old.number)
  execute function bk.refuse('ZB005', 'number and experiment of generation {old.number} are fixed', 'start another generation');

-- The columns one by one: a WHEN clause may not name old.* when a column is generated.
create trigger zz_touch before update on evolution.generations
  for each row when (
    (old.id, old.experiment_id, old.number, old.status, old.population_size, old.params, old.avg_fitness, old.max_fitness,
     old.min_fitness, old.fitness_stddev, old.genetic_diversity, old.improvement_rate, old.convergence, old.started_at,
     old.finished_at, old.row_version, old.created_at, old.updated_at)
    is distinct from
    (new.id, new.experiment_id, new.number, new.status, new.population_size, new.params, new.avg_fitness, new.max_fitness,
     new.min_fitness, new.fitness_stddev, new.genetic_diversity, new.improvement_rate, new.convergence, new.started_at,
     new.finished_at, new.row_version, new.created_at, new.updated_at))
  execute function bk.touch_row();


-- Agents --------------------------------------------------------------------------------------------------------------

create function evolution.fill_agent() returns trigger
  language plpgsql
  as $$
begin
  new.genome_sha256 := bk.text_sha256(new.genome::text);
  return new;
end
$$;
comment on function evolution.fill_agent() is 'Fills the hash of the genome';

create trigger a_fill before insert on evolution.agents
  for each row execute function evolution.fill_agent();

create trigger c_freeze before update on evolution.agents
  for each row when (
       new.id                <> old.id
    or new.agent_key         <> old.agent_key
    or new.experiment_id     <> old.experiment_id
    or new.generation_id     <> old.generation_id
    or new.generation_number <> old.generation_number
    or new.genome            <> old.genome
    or new.genome_sha256     <> old.genome_sha256)
  execute function bk.refuse('ZB005', 'genome and place of agent "{old.agent_key}" are fixed',
    'a changed genome is a new agent: origin mutation, with this one as its parent');

create trigger zz_touch before update on evolution.agents
  for each row when (old.* is distinct from new.*)
  execute function bk.touch_row();


-- Snapshots -----------------------------------------------------------------------------------------------------------

create trigger a_immutable before update or delete on evolution.state_snapshots
  for each row execute function bk.forbid_direct_change();

create trigger a_no_truncate before truncate on evolution.state_snapshots
  for each statement execute function bk.forbid_change();
