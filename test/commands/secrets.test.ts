import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mapConcurrent } from '../../src/lib/core/map-concurrent.js';
import { runCli, type CliResult } from '../support/cli.js';
import { argumentsFor, COMMANDS } from '../support/commands.js';
import { databaseUrl } from '../support/database.js';

const CANARY = 'S3CR3TCANARY';

function expectNoCanary({ stdout, stderr }: CliResult): void {
  expect([stdout.includes(CANARY), stderr.includes(CANARY)]).toEqual([false, false]);
}

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'bk-db-secrets-'));
  // A project of its own, whatever lies above it.
  await writeFile(join(cwd, 'package.json'), '{}');
});

afterAll(async () => {
  await rm(cwd, { recursive: true });
});

describe('DATABASE_URL with a password: no command shows it', () => {
  // Nothing listens on port 1: every command that connects fails after it has read the password.
  const env = { DATABASE_URL: `postgres://u:${CANARY}@127.0.0.1:1/d`, PGPASSWORD: CANARY };
  const variants: readonly (readonly [args: readonly string[], env?: Record<string, string>])[] = [
    [[]],
    [['--json']],
    [['--help']],
    [['--nosuch-flag', '--json']],
    [['--verbose'], { DEBUG: '*', BK_DB_DEBUG: '1' }],
    [['--log-format', 'json']],
  ];

  test.each(COMMANDS.map((command) => [command.words.join(' '), command] as const))(
    '%s',
    async (_, command) => {
      await mapConcurrent(variants, 2, async ([args, more]) => {
        const result = await runCli([...command.words, ...argumentsFor(command), ...args], {
          cwd,
          env: { ...env, ...more },
          // A server goes on until it is told to stop.
          ...(command.words.at(-1) === 'serve' ? { signalAfter: { signal: 'SIGTERM', ms: 5_000 } } : {}),
        });
        expectNoCanary(result);
        expect(result.status).not.toBeNull();
      });
    },
  );
});

describe('a secret in the wrong place is not repeated', () => {
  const url = `postgres://u:${CANARY}@h/d`;
  test.each([
    [[url], {}],
    [[url, '--json'], {}],
    [['config', url], {}],
    [['config', url, '--json'], {}],
    [['init', '--drop', url], {}],
    [['config', '--log-format', url], {}],
    [['config', `--check=${url}`, '--json'], {}],
    [['config', `--${url}`], {}],
    [['config', '--url', `mysql://u:${CANARY}@h/d`, '--verbose'], {}],
    [['config', '--url', `postgres://u:${CANARY}/x@h/d`, '--verbose', '--json'], {}],
    [['config', '--url', `postgres://u:${CANARY}%zz@h/d`], {}],
    [['config', '--check', '--url', `postgres://u:${CANARY}@h.invalid/d`, '--verbose'], {}],
    [['config'], { PGSSLMODE: 'x', DATABASE_URL: `postgres://u:${CANARY}@h/d?sslmode=y` }],
    [['config'], { BK_DB_URL: `host=h password=${CANARY}` }],
  ])('%j %j', async (args, env) => {
    expectNoCanary(await runCli(args, { env, cwd }));
  });

  test('a config file that is no JSON, with --verbose', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bk-db-secrets-'));
    try {
      await writeFile(join(directory, 'bk-db.config.json'), `{"url": "${url}",}`);
      const result = await runCli(['config', '--verbose'], { cwd: directory });
      expect(result.status).toBe(2);
      expectNoCanary(result);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('a password that the server refuses', async () => {
    const refused = databaseUrl('postgres').replace(/\?.*?host=/, `?password=${CANARY}&host=`);
    for (const more of [[], ['--json'], ['--verbose']]) {
      const result = await runCli(['config', '--check', ...more], {
        env: { PGPASSWORD: CANARY, DATABASE_URL: refused },
      });
      expectNoCanary(result);
      expect([10, 0]).toContain(result.status);
    }
  });
});
