import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EvolutionRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';
import { evaluateAll, genome, startedExperiment } from './experiments.js';

const ROUNDS = 15;

let database: TestDatabase;
let repository: EvolutionRepository;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 10 });
  repository = new EvolutionRepository(database.sql);
  // A connection of its own for every contender, before any race is on.
  await Promise.all(Array.from({ length: 10 }, () => database.sql`select pg_sleep(0.05)`));
});
afterAll(async () => {
  const broken = await database.sql`select check_name from bk.verify() where violations > 0`;
  expect(broken).toHaveLength(0);
  await database.drop();
});

const refused = (statement: string, code: string) =>
  expect(database.sql.unsafe(statement), statement).rejects.toMatchObject({ code });

describe('generations (E1)', () => {
  test('neither leave gaps nor run side by side nor skip a step, in plain SQL', async () => {
    const { experiment, generation } = await startedExperiment(repository);
    const insert = (number: number, status: string) =>
      `insert into evolution.generations (experiment_id, number, status, population_size)
       values ('${experiment.id}', ${number}, '${status}', 5)`;
    await refused(insert(2, 'pending'), '23503');
    await refused(insert(-1, 'pending'), '23514');
    await refused(insert(0, 'pending'), '23505');
    await refused(insert(1, 'running'), '23505');
    await refused(insert(1, 'completed'), 'ZB001');
    const update = (change: string) =>
      `update evolution.generations set ${change} where id = '${generation.id}'`;
    await refused(update(`status = 'pending'`), 'ZB001');
    await refused(update('number = 7'), 'ZB005');
    await refused(update(`status = 'completed', finished_at = clock_timestamp()`), '23514');
  });

  test('are not taken out of the middle', async () => {
    const { experiment, generation, agentIds } = await startedExperiment(repository);
    await evaluateAll(repository, agentIds, (n) => n);
    await repository.advance(experiment.id, []);
    await refused(`delete from evolution.generations where id = '${generation.id}'`, '23503');
    await expect(repository.abortGeneration(generation.id, 'x')).rejects.toMatchObject({
      kind: 'IllegalTransition',
    });
  });

  test('many who advance at once advance once', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { experiment, agentIds } = await startedExperiment(repository);
      await evaluateAll(repository, agentIds, (n) => n);
      const attempts = await Promise.allSettled(
        Array.from({ length: 5 }, (_, n) => repository.advance(experiment.id, [{ genome: genome(n) }])),
      );
      expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const { generations } = await repository.get(experiment.id, { with: ['generations'] });
      expect(generations.map(({ number, status }) => [number, status]).sort()).toEqual([
        [0, 'completed'],
        [1, 'running'],
      ]);
    }
  });

  test('agents that are on their way when one completes are in it evaluated or not at all', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { generation, agentIds } = await startedExperiment(repository);
      await evaluateAll(repository, agentIds, (n) => n);
      const contenders = [
        () => repository.addAgents(generation.id, [{ genome: genome(50) }]),
        () => repository.completeGeneration(generation.id),
      ];
      const ordered = round % 2 === 0 ? contenders : contenders.toReversed();
      const outcomes = await Promise.allSettled(ordered.map(async (contend) => contend()));
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });
});

describe('lineage (E2)', () => {
  test('cannot lie about generations, descend from itself or leave its experiment, in plain SQL', async () => {
    const [mine, other] = [await startedExperiment(repository), await startedExperiment(repository)];
    await evaluateAll(repository, mine.agentIds, (n) => n);
    const next = await repository.advance(mine.experiment.id, [{ genome: genome(1) }]);
    const [child = ''] = next.agentIds;
    const [parent = ''] = mine.agentIds;
    const [stranger = ''] = other.agentIds;
    const link = (from: string, to: string, [childGeneration, parentGeneration]: readonly [number, number]) =>
      `insert into evolution.agent_parents values
       ('${from}', 1, '${to}', '${mine.experiment.id}', ${childGeneration}, ${parentGeneration})`;
    await refused(link(child, child, [1, 1]), '23514');
    await refused(link(child, child, [1, 0]), '23503');
    await refused(link(parent, child, [0, 1]), '23514');
    await refused(link(parent, child, [1, 0]), '23503');
    await refused(link(child, stranger, [1, 0]), '23503');
    await refused(
      `insert into evolution.agents (agent_key, experiment_id, generation_id, generation_number, slot, genome)
       values ('liar', '${mine.experiment.id}', '${next.generation.id}', 9, 99, '{}')`,
      '23503',
    );
    await refused(`update evolution.agents set generation_number = 0 where id = '${child}'`, 'ZB005');
    await refused(
      `update evolution.agents set generation_id = '${mine.generation.id}', generation_number = 0 where id = '${child}'`,
      'ZB005',
    );
  });

  test('names a parent once, and eight at most', async () => {
    const { experiment, agentIds } = await startedExperiment(repository, 9);
    await evaluateAll(repository, agentIds, (n) => n);
    const twice = [{ genome: genome(1), parents: [agentIds[0] ?? '', agentIds[0] ?? ''] }];
    await expect(repository.advance(experiment.id, twice)).rejects.toMatchObject({ kind: 'Conflict' });
    const nine = [{ genome: genome(1), parents: agentIds }];
    await expect(repository.advance(experiment.id, nine)).rejects.toMatchObject({ kind: 'Check' });
    const eight = [{ genome: genome(1), parents: agentIds.slice(1) }];
    const { agentIds: children } = await repository.advance(experiment.id, eight);
    expect(await repository.ancestors(children[0] ?? '')).toHaveLength(8);
  });
});

describe('genomes and statistics (E3)', () => {
  test('a genome never changes, nor does its hash', async () => {
    const { agentIds } = await startedExperiment(repository);
    const id = agentIds[0] ?? '';
    await refused(`update evolution.agents set genome = '{"a": 1}' where id = '${id}'`, 'ZB005');
    await refused(`update evolution.agents set genome_sha256 = sha256('') where id = '${id}'`, 'ZB005');
    await refused(`update evolution.agents set agent_key = 'x' where id = '${id}'`, 'ZB005');
  });

  test('a snapshot never changes', async () => {
    const { generation } = await startedExperiment(repository);
    const { id } = await repository.saveSnapshot(generation.id);
    await refused(`update evolution.state_snapshots set best_fitness = 9 where id = '${id}'`, 'ZB002');
    await refused(`delete from evolution.state_snapshots where id = '${id}'`, 'ZB002');
    await refused('truncate evolution.state_snapshots', 'ZB002');
  });

  test('the fitness that a finished generation was judged by stays', async () => {
    const { generation, agentIds } = await startedExperiment(repository);
    await evaluateAll(repository, agentIds, (n) => n);
    await repository.completeGeneration(generation.id);
    await expect(evaluateAll(repository, agentIds, () => 100)).rejects.toMatchObject({ kind: 'Immutable' });
  });

  test('statistics include every evaluation that was on its way', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { generation, agentIds } = await startedExperiment(repository);
      await evaluateAll(repository, agentIds, (n) => n);
      const contenders = [
        () => evaluateAll(repository, agentIds, () => 100),
        () => repository.completeGeneration(generation.id),
      ];
      const ordered = round % 2 === 0 ? contenders : contenders.toReversed();
      await Promise.allSettled(ordered.map(async (contend) => contend()));
      const [found] = await database.sql<{ isSame: boolean }[]>`
        select g.max_fitness = max(a.fitness) and g.min_fitness = min(a.fitness) as "isSame"
        from evolution.generations g join evolution.agents a on a.generation_id = g.id
        where g.id = ${generation.id} group by g.id`;
      expect(found?.isSame).toBe(true);
    }
  });

  test('a population in which all are equally fit has converged, also at 0', async () => {
    for (const fitness of [0, 3]) {
      const { generation, agentIds } = await startedExperiment(repository);
      await evaluateAll(repository, agentIds, () => fitness);
      expect(await repository.completeGeneration(generation.id)).toMatchObject({
        convergence: 1,
        avgFitness: fitness,
        fitnessStddev: 0,
      });
    }
  });
});

test('the elite of a generation is known after the next has begun', async () => {
  const { experiment, generation, agentIds } = await startedExperiment(repository);
  await evaluateAll(repository, agentIds, (n) => n);
  await repository.setAgentStatus(agentIds.slice(4), 'terminated');
  const before = await repository.getElite(generation.id, 2);
  await repository.advance(experiment.id, [{ genome: genome(1) }]);
  const after = await repository.getElite(generation.id, 2);
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(after.map(({ id }) => id)).toEqual([agentIds[3], agentIds[2]]);
});

describe('fitness (E4)', () => {
  test.each(['NaN', 'Infinity', '-Infinity'])('is not %s', async (value) => {
    const { agentIds } = await startedExperiment(repository);
    const id = agentIds[0] ?? '';
    await refused(
      `update evolution.agents set fitness = '${value}', evaluated_at = now() where id = '${id}'`,
      '23514',
    );
    await expect(repository.recordFitness([{ agentId: id, fitness: Number(value) }])).rejects.toMatchObject({
      kind: 'Check',
      constraint: 'agents_fitness_finite',
    });
    await expect(
      repository.recordAgentMetrics([{ agentId: id, round: 0, fitness: Number(value) }]),
    ).rejects.toMatchObject({ kind: 'Check' });
  });

  test('is there exactly when evaluated; 0 is a score', async () => {
    const { generation, agentIds } = await startedExperiment(repository);
    const id = agentIds[0] ?? '';
    await refused(`update evolution.agents set fitness = 1 where id = '${id}'`, '23514');
    await refused(`update evolution.agents set evaluated_at = now() where id = '${id}'`, '23514');
    await repository.recordFitness([{ agentId: id, fitness: 0 }]);
    const { items } = await repository.getGenerationAgents(generation.id, { fitness: 0 });
    expect(items.map((agent) => agent.id)).toEqual([id]);
    await expect(repository.completeGeneration(generation.id)).rejects.toMatchObject({
      kind: 'MissingResults',
    });
  });
});
