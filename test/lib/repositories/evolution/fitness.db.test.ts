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

describe('fitness', () => {
  test('is recorded for all or none', async () => {
    const { agentIds } = await started();
    await expect(
      repository.recordFitness([
        { agentId: agentIds[0] ?? '', fitness: 1 },
        { agentId: NO_ID, fitness: 1 },
      ]),
    ).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(
      repository.recordFitness([{ agentId: agentIds[0] ?? '', fitness: Number.POSITIVE_INFINITY }]),
    ).rejects.toMatchObject({ kind: 'Check', constraint: 'agents_fitness_finite' });
    expect(await repository.recordFitness([{ agentId: agentIds[0] ?? '', fitness: 0, stability: 0.5 }])).toBe(
      1,
    );
  });

  test('ranks agents, equal ones alike', async () => {
    const { experiment, generation, agentIds } = await started();
    await evaluate(agentIds.slice(0, 4), (n) => [3, 7, 7, 0][n] ?? 0);
    const board = await repository.leaderboard(experiment.id, { limit: 3 });
    expect(board.map(({ fitness, rank }) => [fitness, rank])).toEqual([
      [7, 1],
      [7, 1],
      [3, 3],
    ]);
    const page = await repository.getGenerationAgents(generation.id, {}, { limit: 4 });
    expect(page.items.map(({ fitness }) => fitness)).toEqual([7, 7, 3, 0]);
    const rest = await repository.getGenerationAgents(
      generation.id,
      {},
      { limit: 4, after: page.next ?? '' },
    );
    expect(rest.items.map(({ fitness }) => fitness)).toEqual([null]);
  });

  test('has a trajectory and may stagnate', async () => {
    const { experiment, agentIds } = await started();
    let ids = agentIds;
    for (const best of [1, 3, 2, 3]) {
      await evaluate(ids, () => best);
      ids = (await repository.advance(experiment.id, [{ genome: genome(best) }])).agentIds;
    }
    const trajectory = await repository.fitnessTrajectory(experiment.id);
    expect(trajectory.map(({ bestSoFar, gain }) => [bestSoFar, gain])).toEqual([
      [1, null],
      [3, 2],
      [3, 0],
      [3, 0],
      [3, 0],
    ]);
    expect(await repository.stagnation(experiment.id, { window: 2 })).toEqual({
      generations: 3,
      gain: 0,
      isStagnant: true,
    });
    expect(await repository.stagnation(experiment.id, { window: 3 })).toEqual({
      generations: 4,
      gain: 2,
      isStagnant: false,
    });
    expect(await repository.stagnation(experiment.id, { window: 9 })).toEqual({
      generations: 4,
      gain: null,
      isStagnant: false,
    });
  });

  test('is measured by round', async () => {
    const { agentIds } = await started();
    const [a = '', b = ''] = agentIds;
    const rows = [
      { agentId: a, round: 1, fitness: 1, extra: { note_text: 'x' } },
      { agentId: b, round: 1, fitness: 2, tasksCompleted: 3 },
      { agentId: a, round: 2, fitness: 3 },
    ];
    expect(await repository.recordAgentMetrics(rows)).toBe(3);
    expect(await repository.recordAgentMetrics(rows.slice(0, 2))).toBe(0);
    expect(await repository.recordAgentMetrics([{ agentId: a, round: 1, fitness: 9 }])).toBe(1);
    expect((await repository.compareAgents([b, a], 1)).map(({ fitness, extra }) => [fitness, extra])).toEqual(
      [
        [2, {}],
        [9, { note_text: 'x' }],
      ],
    );
    expect((await repository.agentHistory(a)).items.map(({ round }) => round)).toEqual([1, 2]);
  });
});

describe('snapshots', () => {
  test('give back what they kept', async () => {
    const { experiment, generation } = await started();
    const saved = await repository.saveSnapshot(generation.id, {
      rngState: { some_state: '123' },
      params: { a_b: 1 },
    });
    expect(await repository.restoreSnapshot(saved.id)).toEqual({
      generationId: generation.id,
      params: { a_b: 1 },
      rngState: { some_state: '123' },
      elite: [],
    });
    expect((await repository.latestSnapshot(experiment.id))?.id).toBe(saved.id);
    await expect(repository.restoreSnapshot(NO_ID)).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('of a population that has changed are refused', async () => {
    const { generation } = await started();
    const { id } = await repository.saveSnapshot(generation.id);
    await repository.addAgents(generation.id, [{ genome: genome(77) }]);
    await expect(repository.restoreSnapshot(id)).rejects.toMatchObject({
      kind: 'SnapshotMismatch',
      code: 'VERIFY_MISMATCH',
    });
  });

  test('are one auto per generation', async () => {
    const { generation } = await started();
    await repository.saveSnapshot(generation.id, { kind: 'auto' });
    await expect(repository.saveSnapshot(generation.id, { kind: 'auto' })).rejects.toMatchObject({
      kind: 'Conflict',
    });
  });
});

test('a large population is loaded by COPY, with its genome hashes', async () => {
  const { experiment, generation } = await started(6000);
  const { agents, distinctGenomes } = await repository.diversity(generation.id);
  expect([agents, distinctGenomes]).toEqual([6000, 5998]);
  expect(await repository.delete(experiment.id)).toBe(true);
});
