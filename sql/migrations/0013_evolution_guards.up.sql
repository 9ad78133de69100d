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
       old.id                is distinct from new.id
    or old.experiment_id     is distinct from new.experiment_id
    or old.number            is distinct from new.number
    or old.status            is distinct from new.status
    or old.population_size   is distinct from new.population_size
    or old.params            is distinct from new.params
    or old.avg_fitness       is distinct from new.avg_fitness
    or old.max_fitness       is distinct from new.max_fitness
    or old.min_fitness       is distinct from new.min_fitness
    or old.fitness_stddev    is distinct from new.fitness_stddev
    or old.genetic_diversity is distinct from new.genetic_diversity
    or old.improvement_rate  is distinct from new.improvement_rate
    or old.convergence       is distinct from new.convergence
    or old.started_at        is distinct from new.started_at
    or old.finished_at       is distinct from new.finished_at
    or old.row_version       is distinct from new.row_version
    or old.created_at        is distinct from new.created_at
    or old.updated_at        is distinct from new.updated_at)
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
