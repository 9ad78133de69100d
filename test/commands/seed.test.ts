import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedResultSchema } from '../../src/lib/seed/index.js';
import { runCli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { createSchemaDatabase } from '../support/schema-database.js';

let database: TestDatabase;
let foreign: TestDatabase;

beforeAll(async () => {
  [database, foreign] = [await createSchemaDatabase(), await createDatabase()];
});

afterAll(async () => {
  await database.drop();
  await foreign.drop();
});

const run = (...args: string[]) => runCli(['seed', ...args], { env: database.env });

describe('bk-db seed', () => {
  it('starts with the reference data', async () => {
    const { status, json } = await run('--level', 'reference', '--json');
    expect(status).toBe(0);
    expect(json).toMatchObject({ ok: true, command: 'seed', warnings: [] });
    expect(seedResultSchema.parse(json.data).total).toEqual({ inserted: 7, unchanged: 0 });
  });

  it('seeds a domain together with the one it refers to, and says so', async () => {
    const { status, stdout, stderr } = await run('--domain', 'consensus');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^verification\.requests +600 +0$/m);
    expect(stdout).toMatch(/^consensus\.proposals +40 +0$/m);
    expect(stdout).toMatch(/inserted 8,\d{3} rows, 7 were there already; \d+ invariants hold/);
    expect(stderr).toContain('seeded as well, because others refer to it: verification');
  });

  it('says that there is nothing left to do, and prints nothing with --quiet', async () => {
    const again = await run('--domain', 'consensus,verification');
    expect(again.stdout).toMatch(/nothing to seed: all 8,\d{3} rows are there already/);
    expect(again.stderr).toBe('');
    expect(await run('--domain', 'consensus', '--quiet')).toMatchObject({ status: 0, stdout: '' });
  });

  it('loads a multiple of the demo', async () => {
    const { json } = await run('--level', 'load', '--scale', '2', '--domain', 'evolution', '--json');
    expect(json.data).toMatchObject({ level: 'load', scale: 2, domains: ['evolution'] });
    expect(json.data.tables).toContainEqual({ table: 'evolution.agents', inserted: 640, unchanged: 0 });
  });

  it.each([
    [['--level', 'huge'], 2, /--level=huge/],
    [['--domain', 'finance'], 2, /--domain=finance/],
    [['--scale', '3'], 2, /level demo has no scale/],
    [['--level', 'load', '--scale', '0'], 2, /scale/],
    [['--as-of', 'tomorrow'], 2, /not a time: --as-of "tomorrow"/],
    [['--level', 'reference', '--domain', 'evolution'], 2, /level reference has nothing for evolution/],
    [['--seed', 'other', '--domain', 'verification'], 19, /another row named "req-\d+"/],
  ] as const)('seed %j ends with %i', async (args, status, message) => {
    const result = await run(...args);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });

  it('sends the user of a foreign database to migrate', async () => {
    const { status, json } = await runCli(['seed', '--json'], { env: foreign.env });
    expect(status).toBe(15);
    expect(json.error).toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('`bk-db migrate`') as string,
    });
  });
});
