import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../../src/lib/core/database.js';
import type { TestDatabase } from '../../support/database.js';
import { createSchemaDatabase } from '../../support/schema-database.js';
import { refused } from './refused.js';
import { insertAgent, insertExperiment, insertGeneration, type Place } from './rows.js';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createSchemaDatabase();
  ({ sql } = database);
});
afterAll(async () => {
  await database.drop();
});

const setGeneration = (id: string, assignments: string) =>
  sql.unsafe(`update evolution.generations set ${assignments} where id = '${id}'`);
const COMPLETED = `status = 'completed', finished_at = now(), avg_fitness = 1, max_fitness = 2, min_fitness = 0`;

/** So many generations of a new experiment, from 0. */
async function places(count: number): Promise<Place[]> {
  const experiment = await insertExperiment(sql);
  const list: Place[] = [];
  for (let number = 0; number < count; number++)
    list.push({ experiment, generation: await insertGeneration(sql, experiment, number), number });
  return list;
}

describe('E1: generations', () => {
  it('one runs at a time in an experiment', async () => {
    const experiment = await insertExperiment(sql);
    const first = await insertGeneration(sql, experiment, 0, 'running');
    await refused(insertGeneration(sql, experiment, 1, 'running'), '23505', 'generations_one_running_key');
    const second = await insertGeneration(sql, experiment, 1);
    await refused(setGeneration(second, `status = 'running'`), '23505', 'generations_one_running_key');
    await insertGeneration(sql, await insertExperiment(sql), 0, 'running');
    await setGeneration(first, COMPLETED);
    await setGeneration(second, `status = 'running'`);
  });

  it('numbers start at 0 and have no gaps', async () => {
    const experiment = await insertExperiment(sql);
    await refused(insertGeneration(sql, experiment, 1), '23503', 'generations_previous_fkey');
    await refused(insertGeneration(sql, experiment, -1), '23514', 'generations_number_positive');
    await insertGeneration(sql, experiment, 0);
    await refused(insertGeneration(sql, experiment, 0), '23505', 'generations_experiment_id_number_key');
    await refused(insertGeneration(sql, experiment, 2), '23503', 'generations_previous_fkey');
    await insertGeneration(sql, experiment, 1);
    await refused(
      sql`delete from evolution.generations where experiment_id = ${experiment} and number = 0`,
      '23503',
      'generations_previous_fkey',
    );
    await sql`delete from evolution.experiments where id = ${experiment}`;
  });

  it('a number is neither changed nor written past its generated predecessor', async () => {
    const [, second] = await places(2);
    await refused(setGeneration(second?.generation ?? '', 'number = 0'), 'ZB005', 'c_freeze');
    await refused(setGeneration(second?.generation ?? '', 'previous_number = null'), '428C9');
  });

  it('goes from pending to running to completed or aborted, and nowhere else', async () => {
    const experiment = await insertExperiment(sql);
    const id = await insertGeneration(sql, experiment, 0);
    await refused(setGeneration(id, COMPLETED), 'ZB001', 'b_transition');
    await setGeneration(id, `status = 'running'`);
    await refused(setGeneration(id, `status = 'pending'`), 'ZB001', 'b_transition');
    await setGeneration(id, COMPLETED);
    for (const status of ['running', 'aborted', 'pending'])
      await refused(setGeneration(id, `status = '${status}'`), 'ZB001', 'b_transition');
    await refused(insertGeneration(sql, experiment, 1, 'aborted'), 'ZB001', 'b_initial');
  });
});

describe('E2: lineage', () => {
  const descend = (child: [string, number], parent: [string, number], experiment: string, ordinal = 1) => sql`
    insert into evolution.agent_parents (child_id, ordinal, parent_id, experiment_id, child_generation, parent_generation)
    values (${child[0]}, ${ordinal}, ${parent[0]}, ${experiment}, ${child[1]}, ${parent[1]})`;

  it('a parent is of an earlier generation', async () => {
    const [first, second] = (await places(2)) as [Place, Place];
    const [parent, sibling, child] = [
      await insertAgent(sql, first),
      await insertAgent(sql, first),
      await insertAgent(sql, second),
    ];
    const { experiment } = first;
    await descend([child, 1], [parent, 0], experiment);
    await refused(descend([parent, 0], [child, 1], experiment), '23514', 'agent_parents_parent_is_earlier');
    await refused(descend([sibling, 0], [parent, 0], experiment), '23514', 'agent_parents_parent_is_earlier');
    await refused(
      descend([child, 1], [parent, 0], experiment, 2),
      '23505',
      'agent_parents_child_id_parent_id_key',
    );
  });

  it('generation numbers cannot lie', async () => {
    const [first, second] = (await places(2)) as [Place, Place];
    const [parent, child] = [await insertAgent(sql, first), await insertAgent(sql, second)];
    const { experiment } = first;
    await refused(descend([parent, 1], [child, 0], experiment), '23503');
    await refused(descend([child, 7], [parent, 0], experiment), '23503', 'agent_parents_child_fkey');
    await refused(insertAgent(sql, { ...second, number: 0 }), '23503', 'agents_generation_fkey');
    await refused(
      sql`update evolution.agents set generation_number = 0 where id = ${child}`,
      'ZB005',
      'c_freeze',
    );
  });

  it('stays inside one experiment', async () => {
    const [first] = (await places(1)) as [Place];
    const [, second] = (await places(2)) as [Place, Place];
    const [stranger, child] = [await insertAgent(sql, first), await insertAgent(sql, second)];
    await refused(
      descend([child, 1], [stranger, 0], second.experiment),
      '23503',
      'agent_parents_parent_fkey',
    );
    await refused(descend([child, 1], [stranger, 0], first.experiment), '23503', 'agent_parents_child_fkey');
    await refused(
      insertAgent(sql, { ...second, experiment: first.experiment }),
      '23503',
      'agents_generation_fkey',
    );
  });
});

describe('E3: a genome never changes, and a completed generation has statistics', () => {
  it('a change is a new agent; the hash is ours', async () => {
    const [place] = (await places(1)) as [Place];
    const id = await insertAgent(sql, place);
    const set = (assignment: string) =>
      sql.unsafe(`update evolution.agents set ${assignment} where id = '${id}'`);
    for (const change of [
      `genome = '{}'`,
      `genome_sha256 = sha256('x')`,
      `agent_key = 'x'`,
      `id = gen_random_uuid()`,
    ])
      await refused(set(change), 'ZB005', 'c_freeze');
    await set(`status = 'evolved'`);
    expect(
      await sql`select genome_sha256 = bk.text_sha256(genome::text) as matches from evolution.agents where id = ${id}`,
    ).toEqual([{ matches: true }]);
  });

  it.each(['avg_fitness', 'max_fitness', 'min_fitness', 'finished_at'])(
    'a generation is not completed without %s',
    async (column) => {
      const experiment = await insertExperiment(sql);
      const id = await insertGeneration(sql, experiment, 0, 'running');
      await refused(
        setGeneration(id, COMPLETED.replace(new RegExp(`${column} = [^,]+`), `${column} = null`)),
        '23514',
        'generations_completed_shape',
      );
    },
  );

  it.each([
    ['avg_fitness = 5, max_fitness = 2, min_fitness = 0'],
    ['min_fitness = 3, avg_fitness = 2, max_fitness = 2'],
    [`min_fitness = '-Infinity', avg_fitness = 0, max_fitness = 0`],
    [`min_fitness = 0, avg_fitness = 0, max_fitness = 'NaN'`],
  ])('statistics of %s are refused', async (assignments) => {
    const [place] = (await places(1)) as [Place];
    await refused(setGeneration(place.generation, assignments), '23514', 'generations_fitness_order');
  });

  it('a snapshot is immutable, goes with its experiment only, and one is automatic', async () => {
    const [place] = (await places(1)) as [Place];
    const snapshot = (kind: string) => sql`
      insert into evolution.state_snapshots (experiment_id, generation_id, generation_number, kind, params, population_sha256)
      values (${place.experiment}, ${place.generation}, 0, ${kind}, '{}', sha256('x'))`;
    await snapshot('auto');
    await snapshot('manual');
    await refused(snapshot('auto'), '23505', 'state_snapshots_one_auto_key');
    await refused(sql`update evolution.state_snapshots set params = '{"a": 1}'`, 'ZB002', 'a_immutable');
    await refused(sql`delete from evolution.state_snapshots`, 'ZB002', 'a_immutable');
    await refused(sql`truncate evolution.state_snapshots`, 'ZB002', 'a_no_truncate');
    await sql`delete from evolution.experiments where id = ${place.experiment}`;
    expect(await sql`select from evolution.state_snapshots`).toHaveLength(0);
  });
});

describe('E4: fitness exactly when evaluated, and finite', () => {
  it.each([
    ['fitness = 1', 'agents_evaluated_shape'],
    ['evaluated_at = now()', 'agents_evaluated_shape'],
    [`fitness = 'NaN', evaluated_at = now()`, 'agents_fitness_finite'],
    [`fitness = 'Infinity', evaluated_at = now()`, 'agents_fitness_finite'],
    [`fitness = '-Infinity', evaluated_at = now()`, 'agents_fitness_finite'],
  ])('%s is refused', async (assignments, constraint) => {
    const [place] = (await places(1)) as [Place];
    const id = await insertAgent(sql, place);
    await refused(
      sql.unsafe(`update evolution.agents set ${assignments} where id = '${id}'`),
      '23514',
      constraint,
    );
  });

  it('0 is a fitness', async () => {
    const [place] = (await places(1)) as [Place];
    const id = await insertAgent(sql, place);
    await sql`update evolution.agents set fitness = 0, evaluated_at = now() where id = ${id}`;
  });
});
