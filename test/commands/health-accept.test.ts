import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  return () => database.drop();
});

/** One connection of a hundred is beyond these limits whatever else goes on. */
const CRITICAL = ['--only', 'conn.used', '--threshold', 'conn.used=0.1:0.2', '--fail-on', 'warn'];
const WARNING = ['--only', 'conn.used', '--threshold', 'conn.used=0.1:100', '--fail-on', 'warn'];

const health = (...args: string[]) => runCli(['health', ...args], { env: database.env });

async function file(content: string): Promise<string> {
  const path = join(await temporaryStore(), 'file');
  await writeFile(path, content);
  return path;
}

describe('health --accept', () => {
  it('leaves what is accepted in the report, and out of the verdict', async () => {
    expect((await health(...CRITICAL)).status).toBe(4);
    const accept = await file('# known\n\nconn.used until 2999-12-31 the pool is being moved\n');
    const { status, json } = await health(...CRITICAL, '--accept', accept, '--json');
    expect({ status, data: json.data }).toMatchObject({
      status: 0,
      data: {
        findings: [
          {
            id: 'conn.used',
            status: 'critical',
            accepted: { reason: 'the pool is being moved', until: '2999-12-31' },
          },
        ],
      },
    });
    const { stdout } = await health(...CRITICAL, '--accept', accept);
    expect(stdout).toContain('(accepted until 2999-12-31: the pool is being moved)');
  });

  it('ends on its day, and says so', async () => {
    const accept = await file('conn.used until 2020-01-01 for a week');
    const { status, stderr } = await health(...CRITICAL, '--accept', accept);
    expect(status).toBe(4);
    expect(stderr).toContain('that conn.used is accepted ended on 2020-01-01');
  });

  it.each([
    ['conn.used', 'CONFIG_INVALID'],
    ['no.such.check because', 'USAGE'],
  ])('refuses the line %j', async (line, code) => {
    const { json } = await health(...CRITICAL, '--accept', await file(line), '--json');
    expect(json.error.code).toBe(code);
  });
});

describe('health --baseline', () => {
  it('lets only what is worse than before decide', async () => {
    const warned = await file((await health(...WARNING, '--json')).stdout);
    const same = await health(...WARNING, '--baseline', warned, '--json');
    expect(same.status).toBe(0);
    expect(same.json.data.findings[0].accepted.reason).toMatch(/^no worse than on \d{4}-\d\d-\d\d$/);
    expect((await health(...CRITICAL, '--baseline', warned)).status).toBe(4);
  });

  it('refuses what is no report', async () => {
    expect((await health(...WARNING, '--baseline', await file('{}'), '--json')).json.error.code).toBe(
      'CONFIG_INVALID',
    );
    expect((await health(...WARNING, '--baseline', '/nowhere', '--json')).json.error.code).toBe('NOT_FOUND');
  });
});
