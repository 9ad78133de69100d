import { loadConfig, type Environment } from '../../src/lib/core/config/index.js';
import { BkDbError } from '../../src/lib/core/errors.js';
import { withDatabase } from '../../src/lib/core/database.js';
import { withLibpqEnvironment } from '../../src/lib/core/libpq-environment.js';
import { testRunTool } from './pg-run-tool.js';

/** Who arrived where, as `user@database port encryption`, or `refused: why`. */
export type Arrival = string;

const WHERE = `select current_user || '@' || current_database() || ' ' || current_setting('port') || ' '
  || case when (select ssl from pg_stat_ssl where pid = pg_backend_pid()) then 'tls' else 'plain' end as arrival`;

interface Settings {
  readonly url?: string;
  readonly env?: Environment;
  readonly home: string;
}

/** Where psql of its own arrives with these settings. */
export async function reachWithPsql({ url, env = {}, home }: Settings): Promise<Arrival> {
  const args = ['-XAtw', '-c', WHERE, ...(url === undefined ? [] : ['-d', url])];
  return run('psql', args, { HOME: home, ...clean(env) });
}

/** Where bk-db's own client arrives. */
export async function reachWithClient(settings: Settings): Promise<Arrival> {
  try {
    return await withDatabase(await targetOf(settings), {}, async ({ sql }) => {
      const [row] = await sql.unsafe<{ arrival: string }[]>(WHERE);
      return row?.arrival ?? '';
    });
  } catch (error) {
    return refusal(error);
  }
}

/** Where pg_dump, started by bk-db, arrives: told by the dump's own TOC, since it runs no SQL of ours. */
export async function reachWithTools(settings: Settings): Promise<Arrival> {
  try {
    return await withLibpqEnvironment(await targetOf(settings), async (env) => {
      await testRunTool({ command: 'pg_dump', args: ['--schema-only', '--no-password'], env });
      return run('psql', ['-XAtw', '-c', WHERE], { HOME: settings.home, ...env });
    });
  } catch (error) {
    return refusal(error);
  }
}

async function targetOf({ url, env = {}, home }: Settings) {
  const flags = url === undefined ? {} : { url: { text: url, flag: 'url' } };
  const { target } = await loadConfig({ flags, env: { HOME: home, ...env }, cwd: home });
  if (target === undefined) throw new Error('the settings name no server');
  return target;
}

async function run(command: string, args: string[], env: Record<string, string>): Promise<Arrival> {
  const result = await testRunTool({ command, args, env }, { accept: [0, 1, 2] });
  return result.exitCode === 0 ? result.stdout : `refused: ${result.stderr}`;
}

function refusal(error: unknown): Arrival {
  if (error instanceof BkDbError && error.code !== 'INTERNAL')
    return `refused: ${error.code} ${error.message}`;
  throw error;
}

function clean(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
