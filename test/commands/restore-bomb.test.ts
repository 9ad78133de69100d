import { join } from 'node:path';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { filledDatabase, openForTest, temporaryName, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';

const MEBIBYTE = 1 << 20;
const SIZE = 300 * MEBIBYTE;
/** Node itself needs some 100. */
const MEMORY_LIMIT = 250 * MEBIBYTE;

/** A program that says at its end how much memory it had at most, in KiB. */
const TELLING = `--import=data:text/javascript,${encodeURIComponent(
  'process.on("exit", () => process.stderr.write("maxRSS " + process.resourceUsage().maxRSS))',
)}`;

async function gzipped(head: string, tail: string): Promise<string> {
  const file = join(await temporaryStore(), 'bomb.gz');
  const content = function* () {
    yield Buffer.from(head);
    const piece = Buffer.alloc(MEBIBYTE, 'a');
    for (let written = 0; written < SIZE; written += piece.length) yield piece;
    yield Buffer.from(tail);
  };
  await pipeline(Readable.from(content()), createGzip({ level: 1 }), createWriteStream(file));
  return file;
}

async function restored(file: string, ...flags: string[]) {
  const { env } = await filledDatabase('select 1');
  const into = temporaryName();
  const result = await runCli(['restore', file, '--into', into, '--json', ...flags], {
    env: { ...env, NODE_OPTIONS: TELLING },
  });
  const memory = Number(/maxRSS (\d+)/.exec(result.stderr)?.[1]) * 1024;
  return { ...result, into, memory };
}

const HEAD = `--
-- PostgreSQL database dump
--

-- Dumped from database version 15.20
-- Dumped by pg_dump version 15.20

`;
const TAIL = `--
-- PostgreSQL database dump complete
--

`;

it('a few bytes that become one huge row are read in little memory, and compared in that of two rows', async () => {
  const file = await gzipped(
    `${HEAD}CREATE TABLE public.t (\n    v text\n);\n\n\nCOPY public.t (v) FROM stdin;\n`,
    `\n\\.\n\n\n${TAIL}`,
  );
  const planned = await restored(file, '--dry-run');
  expect(planned.status).toBe(0);
  expect(planned.memory).toBeLessThan(MEMORY_LIMIT);
  const { status, json, into, memory } = await restored(file);
  expect({ status, proof: json.data?.proof, error: json.error }).toMatchObject({
    status: 0,
    proof: { tables: 1, rows: 1, mismatches: [] },
  });
  const sql = await openForTest(into);
  expect(await sql`select length(v) as n from public.t`).toEqual([{ n: SIZE }]);
  // The server sends a row as one message.
  expect(memory).toBeLessThan(MEMORY_LIMIT + 2 * SIZE);
});

it('what becomes one huge statement, or no archive at all, is refused in little memory', async () => {
  const statement = await restored(await gzipped(`${HEAD}SELECT '`, `';\n\n\n${TAIL}`));
  expect(statement.status).toBe(14);
  expect(statement.memory).toBeLessThan(2 * MEMORY_LIMIT);
  const nothing = await restored(await gzipped('', ''));
  expect(nothing.status).toBe(14);
  expect(nothing.memory).toBeLessThan(MEMORY_LIMIT);
});
