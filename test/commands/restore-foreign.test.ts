import { execa } from 'execa';
import { copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { filledDatabase, openForTest, temporaryName, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { libpqEnv } from '../support/libpq.js';

const SCRIPT = `
  create table item (id int primary key, v text); insert into item select i, 'row ' || i from generate_series(1, 500) i;
  create table event (at timestamptz); insert into event values ('2026-01-01 00:00:00+00');
  create function look() returns text language sql as $$ select '\\! echo /* '' */' $$;
  create view seen as select * from item; create sequence counter; select setval('counter', 42);
  select lo_from_bytea(0, 'large')`;

let source: TestDatabase;
let folder: string;

beforeAll(async () => {
  source = await createDatabase();
  await source.sql.unsafe(SCRIPT).simple();
  return () => source.drop();
});

/** Runs pg_dump into a file of a folder that goes away with the test. */
async function dump(name: string, ...args: string[]): Promise<string> {
  folder = await temporaryStore();
  const path = join(folder, name);
  const env = { ...(await libpqEnv(source.name)), PGTZ: 'UTC' };
  await execa('pg_dump', [...args, `--file=${path}`], { env });
  return path;
}

async function restore(path: string, ...args: string[]) {
  const into = temporaryName();
  const result = await runCli(['restore', path, '--into', into, '--json', ...args], { env: source.env });
  return { ...result, into };
}

const PROVED = {
  tables: 2,
  rows: 501,
  sequences: 1,
  largeObjects: 1,
  byRowsOnly: [],
  mismatches: [],
  inventory: expect.objectContaining({ table: 2, view: 1, function: 1 }) as object,
};

describe('restore of what pg_dump wrote', () => {
  it.each([
    ['custom', ['-Fc'], 'custom archive'],
    ['directory', ['-Fd'], 'directory archive'],
    ['tar', ['-Ft'], 'tar archive'],
    ['plain', ['-Fp'], 'plain script'],
    ['plain with its database', ['-Fp', '-C'], 'plain script'],
  ])('%s', async (_, args, what) => {
    // The name says nothing.
    const { status, json, into } = await restore(await dump('archive.xls', ...args));
    expect({ status, error: json.error }).toEqual({ status: 0, error: undefined });
    expect(json.data).toMatchObject({ database: into, created: true, proof: PROVED });
    expect(String(json.data['foreign'])).toContain(what);
    expect(await (await openForTest(into))`select look() as v`).toEqual([{ v: "\\! echo /* ' */" }]);
  });

  it.each([
    ['gzip', 'gzip', ['-c']],
    ['xz', 'xz', ['-c']],
    ['zstd', 'zstd', ['-qc']],
    ['lz4', 'lz4', ['-qc']],
  ])('with %s around it, from standard input too', async (layer, program, args) => {
    for (const format of ['-Fc', '-Ft', '-Fp']) {
      const path = await dump('archive', format);
      const packed = await execa(program, [...args, path], { encoding: 'buffer' });
      await writeFile(path, packed.stdout);
      const result = await restore(path);
      expect(result.json.data).toMatchObject({ proof: PROVED });
      expect(String(result.json.data['foreign'])).toContain(`${layer} around it`);
      const into = temporaryName();
      const piped = await runCli(['restore', '-', '--into', into, '--json'], {
        env: source.env,
        input: Buffer.from(packed.stdout),
      });
      expect(piped.json.data).toMatchObject({ path: 'standard input', proof: PROVED });
    }
  });

  it('lists what is in it without a server', async () => {
    const path = await dump('archive', '-Ft');
    const { status, json } = await runCli(['restore', path, '--list', '--json'], { env: {} });
    expect({ status, data: json.data }).toMatchObject({
      status: 0,
      data: {
        database: source.name,
        objects: { table: 2, view: 1, function: 1 },
        tables: [
          { name: 'event', rows: 1 },
          { name: 'item', rows: 500 },
        ],
      },
    });
  });

  it('counts rows where the archive does not tell how its values are written', async () => {
    const path = await dump('archive', '-Fc');
    const env = { ...(await libpqEnv(source.name)), PGTZ: 'America/New_York' };
    await execa('pg_dump', ['-Fc', `--file=${path}`], { env });
    const { json } = await restore(path);
    expect(json.data).toMatchObject({ proof: { byRowsOnly: ['public.event'], mismatches: [] } });
  });

  it('says that rows written as INSERT are not compared', async () => {
    const path = await dump('archive', '--inserts');
    const { stdout } = await runCli(['restore', path, '--into', temporaryName()], { env: source.env });
    expect(stdout).toContain('no rows: the archive has none that can be compared');
  });
});

describe('restore refuses, before it creates a database,', () => {
  async function refuses(path: string, problem: RegExp): Promise<void> {
    const { status, json, into } = await restore(path);
    expect({ status, message: json.error.message }).toEqual({
      status: 14,
      message: expect.stringMatching(problem) as string,
    });
    await expect(openForTest(into)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }

  it.each([
    ['-Fc', /cut short|ends early|end/],
    ['-Ft', /cut short|end|Unexpected/],
    ['-Fp', /cut short/],
  ])('an archive of format %s that is cut short anywhere', async (format, problem) => {
    const path = await dump('archive', format);
    const bytes = await readFile(path);
    for (const part of [0.3, 0.6, 0.99]) {
      await writeFile(path, bytes);
      await truncate(path, Math.floor(bytes.length * part));
      await refuses(path, problem);
    }
  });

  it('a compressed archive with a flipped bit', async () => {
    const path = await dump('archive', '-Fp');
    const bytes = gzipSync(await readFile(path));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 8;
    await writeFile(path, bytes);
    await refuses(path, /damaged/);
  });

  it.each([
    ['\\! touch /tmp/owned', /command of psql/],
    ["\\copy item from program 'id'", /command of psql/],
    ['\\o /tmp/owned', /command of psql/],
  ])('a script with %s', async (line, problem) => {
    const path = await dump('archive', '-Fp');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('CREATE VIEW', `${line}\nCREATE VIEW`));
    await refuses(path, problem);
  });

  it('nothing of a command that hides from the reader, yet psql does not run it', async () => {
    const path = await dump('archive', '-Fp');
    const text = await readFile(path, 'utf8');
    const owned = join(folder, 'owned');
    // Within a statement, where only psql itself can tell.
    await writeFile(path, text.replace('CREATE VIEW', `SELECT 1 \\! touch ${owned}\n;\nCREATE VIEW`));
    const { status, json, into } = await restore(path);
    expect({ status, message: json.error.message }).toMatchObject({
      status: 13,
      message: expect.stringContaining('restrict') as string,
    });
    await expect(readFile(owned)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(openForTest(into)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('a tar whose members lead out of it', async () => {
    const path = join(await temporaryStore(), 'archive.tar');
    const tar = pack();
    tar.entry({ name: '../../owned' }, 'x');
    tar.finalize();
    const pieces: Buffer[] = [];
    for await (const piece of tar) pieces.push(piece as Buffer);
    await writeFile(path, Buffer.concat(pieces));
    await refuses(path, /not one that pg_dump writes/);
  });

  it('a directory archive whose table of contents leads out of it', async () => {
    const path = await dump('archive', '-Fd', '--compress=0');
    const toc = join(path, 'toc.dat');
    const bytes = (await readFile(toc)).toString('latin1');
    const name = /\d{4}\.dat/.exec(bytes)?.[0] ?? '';
    await writeFile(toc, Buffer.from(bytes.replace(name, `../${'x'.repeat(name.length - 3)}`), 'latin1'));
    await refuses(path, /which is not in it/);
  });

  it.each([
    ['an empty file', '', /no archive of pg_dump/],
    ['a dump of another system', '-- MySQL dump 10.13\n', /no archive of pg_dump/],
    ['a whole cluster', '--\n-- PostgreSQL database cluster dump\n--\n', /pg_dumpall/],
    ['a zip archive', 'PK\x03\x04', /zip/],
  ])('%s', async (_, content, problem) => {
    const path = join(await temporaryStore(), 'file');
    await writeFile(path, content, 'latin1');
    await refuses(path, problem);
  });

  it('what is not there', async () => {
    expect(await restore('/nowhere/x.dump')).toMatchObject({ status: 15 });
    const empty = join(await temporaryStore(), 'empty');
    await mkdir(empty);
    expect((await restore(empty)).status).toBe(14);
  });

  it('a target that is not empty', async () => {
    const full = await filledDatabase('create table other (v int)');
    const path = await dump('archive', '-Fc');
    await copyFile(path, `${path}.copy`);
    const result = await runCli(['restore', `${path}.copy`, '--json'], { env: full.env });
    expect(result).toMatchObject({ status: 19 });
  });
});
