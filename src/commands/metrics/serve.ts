import { Flags } from '@oclif/core';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Context } from '../../lib/cli/context.js';
import { describeCommand } from '../../lib/cli/describe.js';
import { dirFlag, migrationsDirFlag } from '../../lib/cli/flags.js';
import { healthDeps } from '../../lib/cli/health-run.js';
import { parseListenAddress } from '../../lib/cli/listen-address.js';
import { BkDbError } from '../../lib/core/errors.js';

export default class MetricsServeCommand extends BaseCommand {
  static override summary = 'serve metrics and readiness over HTTP';
  static override description = describeCommand(
    'Serves /metrics for Prometheus, /livez (this process), /readyz and /healthz (the database), until it is stopped. It looks at the server when it is asked, for all who ask at once, over at most two connections. A server that is down is bk_db_up 0 and /readyz 503.',
    ['CONFIG_INVALID', 'IO'],
  );
  static override examples = [
    '<%= config.bin %> metrics serve',
    '<%= config.bin %> metrics serve --listen 127.0.0.1:9200 --token-file /etc/bk-db/token',
  ];
  static override flags = {
    listen: Flags.string({
      helpValue: 'HOST:PORT',
      default: '127.0.0.1:9187',
      summary: 'address to listen on',
    }),
    'token-file': Flags.string({ helpValue: 'FILE', summary: 'ask for the bearer token in this file' }),
    'tls-cert': Flags.string({ helpValue: 'FILE', summary: 'certificate for HTTPS', dependsOn: ['tls-key'] }),
    'tls-key': Flags.string({ helpValue: 'FILE', summary: 'its key', dependsOn: ['tls-cert'] }),
    'client-ca': Flags.string({
      helpValue: 'FILE',
      summary: 'authority whose certificate clients must show',
      dependsOn: ['tls-cert'],
    }),
    dir: dirFlag,
    'migrations-dir': migrationsDirFlag,
  };
  static override readonly resultSchema = async () =>
    (await import('../../lib/metrics/index.js')).serveResultSchema;

  async run() {
    const { flags } = await this.parse(MetricsServeCommand);
    const address = parseListenAddress(flags.listen);
    const { serveMetrics } = await import('../../lib/metrics/index.js');
    const context = await this.context(flags);
    const token = (await fileOf(context, flags['token-file']))?.trim();
    if (token === '')
      throw new BkDbError('CONFIG_INVALID', 'the token file is empty', { hint: 'Write a token into it.' });
    const [cert, key, clientCa] = await Promise.all(
      [flags['tls-cert'], flags['tls-key'], flags['client-ca']].map((file) => fileOf(context, file)),
    );
    const tls = cert === undefined || key === undefined ? undefined : { cert, key, clientCa };
    const server = await serveMetrics(await healthDeps(context), {
      ...address,
      token,
      tls,
      onError: (error) => this.reporter.warn(error.message),
    });
    this.reporter.note(`serving ${server.url}/metrics`);
    try {
      await stopped(context.signal);
    } finally {
      await server.close();
    }
    return { url: server.url };
  }
}

async function fileOf(context: Context, file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : await readFile(resolve(context.cwd, file), 'utf8');
}

/** Ends with the signal's reason. */
function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
