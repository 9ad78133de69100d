import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EvolutionRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';
import { evaluateAll, genome, startedExperiment } from './experiments.js';

const NO_ID = '00000000-0000-7000-8000-000000000000';

let database: TestDatabase;
let repository: EvolutionRepository;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 8 });
  repository = new EvolutionRepository(database.sql);
});
afterAll(async () => {
  await database.drop();
});

const started = (size?: number) => startedExperiment(repository, size);
const evaluate = (agentIds: readonly string[], fitness: (n: number) => number) =>
  evaluateAll(repository, agentIds, fitness);

describe('generations', () => {
  test('begin with the genomes, in order', async () => {
    const { experiment, generation, agentIds } = await started();
    expect(experiment).toMatchObject({
      status: 'draft',
      mutationKinds: ['parameter', 'hybrid'],
      rngSeed: '9007199254740993',
    });
    expect(await repository.get(experiment.id)).toMatchObject({ status: 'running' });
    expect(generation).toMatchObject({ number: 0, previousNumber: null, status: 'running' });
    const { items } = await repository.getGenerationAgents(generation.id);
    expect(items).toHaveLength(5);
    expect(items.map(({ fitness, origin }) => [fitness, origin])).toContainEqual([null, 'seed']);
    const bySlot = new Map(items.map((agent) => [agent.slot, agent]));
    expect(agentIds).toEqual([0, 1, 2, 3, 4].map((slot) => bySlot.get(slot)?.id));
    expect(bySlot.get(4)).toMatchObject({ agentKey: 'g0-4', genome: genome(2), lineageDepth: 0 });
    await expect(repository.startExperiment(experiment.experimentKey, { genomes: [] })).rejects.toMatchObject(
      { kind: 'Conflict' },
    );
    await expect(repository.startExperiment('nope', { genomes: [] })).rejects.toMatchObject({
      kind: 'NotFound',
    });
  });

  test('do not complete before everybody is evaluated', async () => {
    const { generation, agentIds } = await started();
    await evaluate(agentIds.slice(1), (n) => n);
    await expect(repository.completeGeneration(generation.id)).rejects.toMatchObject({
      kind: 'MissingResults',
    });
    await repository.setAgentStatus(agentIds.slice(0, 1), 'terminated');
    expect(await repository.completeGeneration(generation.id)).toMatchObject({ status: 'completed' });
    await expect(repository.completeGeneration(generation.id)).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('end with their statistics', async () => {
    const { generation, agentIds } = await started();
    await evaluate(agentIds, (n) => n);
    expect(await repository.completeGeneration(generation.id)).toMatchObject({
      avgFitness: 2,
      maxFitness: 4,
      minFitness: 0,
      fitnessStddev: Math.SQRT2,
      geneticDiversity: 0.6,
      improvementRate: null,
      convergence: 1 - Math.SQRT2 / 2,
    });
    expect(await repository.diversity(generation.id)).toEqual({
      agents: 5,
      distinctGenomes: 3,
      diversity: 0.6,
    });
    expect(await repository.diversity(NO_ID)).toMatchObject({ agents: 0, diversity: null });
  });

  test('are numbered without gaps, one running, however many ask at once', async () => {
    const { experiment, generation, agentIds } = await started();
    await expect(repository.startGeneration(experiment.id)).rejects.toMatchObject({
      kind: 'Conflict',
      constraint: 'generations_one_running_key',
    });
    await evaluate(agentIds, () => 1);
    await repository.completeGeneration(generation.id);
    const raced = await Promise.allSettled(
      Array.from({ length: 6 }, () => repository.startGeneration(experiment.id)),
    );
    expect(raced.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const latest = await repository.getLatestGeneration(experiment.id);
    expect(latest).toMatchObject({ number: 1, previousNumber: 0, status: 'running' });
    expect(await repository.abortGeneration(latest.id, 'out of money')).toMatchObject({
      status: 'aborted',
      params: { abort_reason: 'out of money' },
    });
    await expect(repository.abortGeneration(generation.id, 'x')).rejects.toMatchObject({
      kind: 'IllegalTransition',
    });
    await expect(repository.startGeneration(NO_ID)).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(repository.getLatestGeneration(NO_ID)).rejects.toMatchObject({ kind: 'NotFound' });
  });
});

describe('advancing', () => {
  test('completes, keeps a snapshot and begins the next generation', async () => {
    const { experiment, generation, agentIds } = await started();
    await evaluate(agentIds, (n) => n + 1);
    const [first = '', second = ''] = await repository
      .getElite(generation.id, 2)
      .then((elite) => elite.map(({ id }) => id));
    const next = await repository.advance(experiment.id, [
      { genome: genome(8), origin: 'crossover', parents: [first, second] },
      { genome: genome(9), origin: 'mutation', parents: [first] },
    ]);
    expect(next.generation).toMatchObject({ number: 1, status: 'running' });
    const { items } = await repository.getGenerationAgents(generation.id);
    expect(items.map(({ status }) => status)).toEqual(Array(5).fill('evolved'));
    expect((await repository.ancestors(next.agentIds[0] ?? '')).map(({ agentId }) => agentId).sort()).toEqual(
      [first, second].sort(),
    );
    expect(await repository.latestSnapshot(experiment.id)).toMatchObject({
      kind: 'auto',
      generationNumber: 0,
      bestFitness: 5,
      diversity: 0.6,
      elite: [
        { agent_id: first, fitness: 5 },
        { agent_id: second, fitness: 4 },
      ],
    });
    const loaded = await repository.get(experiment.id, {
      with: ['generations', 'latestGeneration', 'snapshots'],
    });
    expect([loaded.generations.length, loaded.latestGeneration[0]?.number, loaded.snapshots.length]).toEqual([
      2, 1, 1,
    ]);
  });

  test('is all or nothing', async () => {
    const { experiment, generation, agentIds } = await started();
    await evaluate(agentIds, (n) => n);
    await expect(
      repository.advance(experiment.id, [{ genome: genome(1), parents: [NO_ID] }]),
    ).rejects.toMatchObject({ kind: 'Reference' });
    expect(await repository.getLatestGeneration(experiment.id)).toMatchObject({
      id: generation.id,
      status: 'running',
    });
    expect(await repository.latestSnapshot(experiment.id)).toBeUndefined();
  });

  test('lineage stays in the experiment and goes forward', async () => {
    const [mine, other] = [await started(), await started()];
    const add = (parents: string[]) =>
      repository.addAgents(mine.generation.id, [{ genome: genome(1), parents }]);
    await expect(add([mine.agentIds[0] ?? ''])).rejects.toMatchObject({
      kind: 'Check',
      constraint: 'agent_parents_parent_is_earlier',
    });
    await evaluate(mine.agentIds, (n) => n);
    const next = await repository.advance(mine.experiment.id, []);
    const foreign = repository.addAgents(next.generation.id, [
      { genome: genome(1), parents: [other.agentIds[0] ?? ''] },
    ]);
    await expect(foreign).rejects.toMatchObject({
      kind: 'Reference',
      constraint: 'agent_parents_parent_fkey',
    });
    expect((await repository.getGenerationAgents(next.generation.id)).items).toEqual([]);
  });
});

test('kinship over generations, with depth', async () => {
  const { experiment, agentIds } = await started();
  let [parent = ''] = agentIds;
  let ids = agentIds;
  for (let n = 1; n <= 3; n++) {
    await evaluate(ids, () => n);
    ids = (await repository.advance(experiment.id, [{ genome: genome(n), parents: [parent] }])).agentIds;
    [parent = ''] = ids;
  }
  expect((await repository.ancestors(parent)).map(({ depth }) => depth)).toEqual([1, 2, 3]);
  expect(await repository.ancestors(parent, { maxDepth: 2 })).toHaveLength(2);
  expect((await repository.descendants(agentIds[0] ?? '')).at(-1)).toEqual({ agentId: parent, depth: 3 });
  expect(
    (await repository.leaderboard(experiment.id, { generation: 2 })).map(({ lineageDepth, rank }) => [
      lineageDepth,
      rank,
    ]),
  ).toEqual([[2, 1]]);
});
