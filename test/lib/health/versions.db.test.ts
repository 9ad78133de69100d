import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../src/lib/core/database.js';
import { COLLECTORS, type CollectorName } from '../../../src/lib/health/collectors/all.js';
import type { Collector } from '../../../src/lib/health/collectors/collector.js';
import { readServer, type ServerFacts } from '../../../src/lib/health/collectors/server.js';
import { startNetworkServer, type NetworkServer } from '../../support/network-server.js';

/** What later versions have and 15 has not, as their documentation lists it; made in the catalogue of a server of our own. */
const LATER = `
  set allow_system_table_mods = on;
  do $$ begin
    if current_setting('server_version_num')::int < 170000 then
      create view pg_catalog.pg_stat_checkpointer as
        select 7::bigint as num_timed, 3::bigint as num_requested, 0::bigint as restartpoints_timed,
               0::bigint as restartpoints_req, 0::bigint as restartpoints_done, 0::float8 as write_time,
               0::float8 as sync_time, 0::bigint as buffers_written, now() as stats_reset;
      execute (select format('create or replace view pg_catalog.pg_replication_slots as select v.*, null::timestamptz as inactive_since from (%s) v',
                             rtrim(pg_get_viewdef('pg_catalog.pg_replication_slots'::regclass), ';')));
    end if;
  end $$`;

let server: NetworkServer;
let database: Database;

beforeAll(async () => {
  server = await startNetworkServer({ hba: [] });
  database = await openDatabase(server.admin, { pool: { max: 1 } });
  await database.sql.unsafe(LATER);
});

afterAll(async () => {
  await database.close();
  await server.dispose();
});

/** What a collector reads when it takes the server for another version. */
function collectAs(name: CollectorName, versionNum: number): Promise<unknown> {
  const collector: Collector<unknown> = COLLECTORS[name];
  return database.sql.begin(async (sql) => {
    const facts: ServerFacts = {
      ...(await readServer(sql, { statementMs: 5_000, lockMs: 100 })),
      versionNum,
    };
    return collector.absent?.(facts) === undefined ? collector.collect(sql, facts) : 'absent';
  });
}

const NAMES = Object.keys(COLLECTORS) as CollectorName[];
const VERSIONS = [130_000, 140_000, 150_000, 160_000, 170_000, 180_000];

describe('collectors', () => {
  it.each(NAMES)('%s asks every version for what it has', async (name) => {
    for (const version of VERSIONS)
      expect(await collectAs(name, version), `${name} of ${version}`).toBeDefined();
  });

  it('reads the counters of checkpoints where 17 has them', async () => {
    if (database.serverVersion < 170_000)
      expect(await collectAs('checkpoints', 170_000)).toMatchObject({ timed: 7, requested: 3 });
  });
});
