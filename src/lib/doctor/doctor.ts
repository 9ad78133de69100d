import type { ConnectionTarget } from '../core/connection.js';
import type { PgToolsDeps } from '../core/pg-tools.js';
import { checkPrograms } from './check-programs.js';
import { checkServer, type ServerFindings } from './check-server.js';
import { checkStore } from './check-store.js';
import { failedWith, skipped } from './diagnosis.js';
import type { DoctorReport } from './types.js';

export interface DoctorDeps {
  /** The configured server; throws what is wrong with the configuration. */
  readonly target: () => Promise<ConnectionTarget>;
  readonly pgTools: PgToolsDeps;
  readonly backupDir: string;
  readonly nodeVersion: string;
  readonly now: () => Date;
}

/** Looks at everything that bk-db depends on, and says what to do where something is wrong. Changes nothing. */
export async function examine(deps: DoctorDeps): Promise<DoctorReport> {
  const server = await examineServer(deps);
  const diagnoses = [
    ...server.diagnoses,
    ...(await checkPrograms(deps.pgTools, { nodeVersion: deps.nodeVersion, serverMajor: server.major })),
    ...(await checkStore(deps.backupDir)),
  ];
  return { ok: diagnoses.every(({ status }) => status !== 'failed'), diagnoses };
}

async function examineServer({ target, now }: DoctorDeps): Promise<ServerFindings> {
  try {
    return await checkServer(await target(), now);
  } catch (error) {
    return {
      major: undefined,
      diagnoses: [failedWith('configuration', error), skipped('server.reachable', 'no server is configured')],
    };
  }
}
