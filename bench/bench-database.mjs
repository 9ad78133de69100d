// Databases for bench/backup: half small rows as pgbench has them, half wide ones of words, JSON, arrays and bytes.
import { spawnSync } from 'node:child_process';

const FILL = (mb) => `
  create temporary table words as
    select array_agg(substr(md5(n::text), 1, 2 + n % 9)) as list from generate_series(1, 128) n;
  create table accounts as
    select i as aid, 1 + i % 30 as bid, (i::bigint * 7919) % 100000 - 50000 as abalance, rpad('', 84) as filler
      from generate_series(1, ${Math.round(mb * 5000)}) i;
  create table docs as
    select i as id, md5(i::text)::uuid as key,
           (select string_agg(words.list[1 + (pg_catalog.hashint4(i * 61 + w) & 127)], ' ') from generate_series(1, 60) w) as body,
           jsonb_build_object('id', i, 'tags', array['a' || i % 7, 'b' || i % 11], 'score', i * 0.37) as data,
           array[i % 97, i % 89, i % 83] as numbers, decode(md5((i::bigint * 31)::text), 'hex') as bytes,
           timestamptz '2020-01-01' + i * interval '17 seconds' as at
      from generate_series(1, ${Math.round(mb * 800)}) i, words;
  alter table accounts add primary key (aid);
  alter table docs add primary key (id);
  alter table accounts set (autovacuum_enabled = off);
  alter table docs set (autovacuum_enabled = off);
  -- So that no later run pays for hint bits, vacuum or dirty pages.
  vacuum (freeze, analyze);
  checkpoint;`;

/** Makes a database of about so many MB of COPY text, and returns its URL. */
export function createBenchDatabase(server, name, megabytes) {
  psql(server, server.url, `create database ${name}`);
  const url = server.url.replace(/(\/\/[^/]*\/)[^?]*/, `$1${name}`);
  if (megabytes > 0) psql(server, url, FILL(megabytes));
  return url;
}

function psql(server, url, script) {
  const result = spawnSync(
    server.program('psql'),
    ['--no-psqlrc', '--quiet', '-v', 'ON_ERROR_STOP=1', '-d', url],
    {
      input: script,
      env: server.env,
      encoding: 'utf8',
    },
  );
  if (result.status !== 0) throw new Error(result.stderr);
}
