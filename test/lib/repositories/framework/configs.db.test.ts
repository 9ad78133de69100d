import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { FrameworkRepository } from '../../../../src/lib/repositories/index.js';
import type { TestDatabase } from '../../../support/database.js';
import { createSchemaDatabase } from '../../../support/schema-database.js';

const SCHEMA = z.object({ weight: z.number().min(0).max(1) });

let database: TestDatabase;
let repository: FrameworkRepository;

beforeAll(async () => {
  database = await createSchemaDatabase({ poolSize: 8 });
  repository = new FrameworkRepository(database.sql);
});
afterAll(async () => {
  await database.drop();
});

const draft = (environment: string, weight: number) =>
  repository.createConfig({
    framework: 'empirical',
    environment,
    frameworkVersion: '1.0',
    data: { weight, limits: { timeout_s: 300, list: [1, 2] } },
  });

async function validDraft(environment: string, weight: number) {
  return repository.validateConfig((await draft(environment, weight)).id, SCHEMA);
}

test('revisions count up without gaps, however many are made at once', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => draft('counting', 0.5)));
  expect(made.map(({ revision }) => revision).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('only what its schema accepts can be activated', async () => {
  const broken = await repository.validateConfig((await draft('judged', 7)).id, SCHEMA);
  expect(broken).toMatchObject({ isValid: false, validationErrors: [{ path: 'weight' }] });
  await expect(repository.activateConfig(broken.id)).rejects.toMatchObject({
    kind: 'Check',
    constraint: 'configs_active_is_valid',
  });
});

test('eight activations at once leave one active', async () => {
  const drafts = [];
  for (let n = 0; n < 8; n++) drafts.push(await validDraft('raced', n / 10));
  await Promise.all(drafts.map(({ id }) => repository.activateConfig(id)));
  const { items } = await repository.configHistory('empirical', 'raced');
  expect(items.map(({ revision }) => revision)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  expect(items.filter(({ status }) => status === 'active')).toHaveLength(1);
  expect(items.filter(({ status }) => status === 'retired')).toHaveLength(7);
});

test('a rollback is a new revision with the old data', async () => {
  const first = await repository.activateConfig((await validDraft('rolled', 0.1)).id);
  await repository.activateConfig((await validDraft('rolled', 0.2)).id);
  const restored = await repository.rollbackConfig('empirical', 'rolled', 1);
  expect(restored).toMatchObject({
    revision: 3,
    status: 'active',
    data: first.data,
    copiedFromId: first.id,
    dataSha256: first.dataSha256,
  });
  await expect(repository.rollbackConfig('empirical', 'rolled', 99)).rejects.toMatchObject({
    kind: 'NotFound',
  });
  await expect(repository.activateConfig(first.id)).rejects.toMatchObject({ kind: 'IllegalTransition' });
});

test('an environment without its own configuration takes the default one', async () => {
  await expect(repository.getActiveConfig('empirical', 'prod')).rejects.toMatchObject({ kind: 'NotFound' });
  const common = await repository.activateConfig((await validDraft('default', 0.3)).id);
  expect((await repository.getActiveConfig('empirical', 'prod')).id).toBe(common.id);
  const own = await repository.activateConfig((await validDraft('prod', 0.4)).id);
  expect((await repository.getActiveConfig('empirical', 'prod')).id).toBe(own.id);
  expect((await repository.getActiveConfig('empirical')).id).toBe(common.id);
});

test('differences are named by path', async () => {
  const [before, after] = [await draft('compared', 0.1), await draft('compared', 0.2)];
  expect(await repository.diffConfigs(before.id, after.id)).toEqual([
    { path: 'weight', before: 0.1, after: 0.2 },
  ]);
  const other = await repository.createConfig({
    framework: 'empirical',
    environment: 'compared',
    frameworkVersion: '1.0',
    data: { weight: 0.1, limits: { list: [2, 1], timeout_s: 300 }, extra: null },
  });
  expect(await repository.diffConfigs(before.id, other.id)).toEqual([
    { path: 'extra', before: undefined, after: null },
    { path: 'limits.list', before: [1, 2], after: [2, 1] },
  ]);
});
