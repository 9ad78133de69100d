import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { withDatabase } from '../core/database.js';
import { exportCsv } from '../csv/index.js';
import { withCopyProgress } from '../core/copy-progress.js';
import { BkDbError } from '../core/errors.js';
import { PRIVATE_FILE } from '../core/files.js';
import { withLibpqEnvironment } from '../core/libpq-environment.js';
import { tieToParent } from '../core/parent-death.js';
import type { Tool } from '../core/process.js';
import type { ArchiveContent } from './archive-content.js';
import type { CreateBackupDeps, CreateBackupOptions } from './create-backup.js';
import { suffixOf } from './data-file.js';
import { explainDumpFailure } from './dump-failure.js';
import { encryptTool } from './dump-plan.js';
import { dumpTool, globalsTool } from './dump-tool.js';
import { unwrap } from './open-archive.js';
import type { Preflight } from './preflight.js';
import { readCustom } from './read-custom.js';
import { readPlain } from './read-plain.js';
import { formatInventory, INVENTORY_FILE, takeInventory } from './schema-inventory.js';
import { withSnapshot, type DatabaseFacts } from './snapshot.js';
import { createBranch, tee } from './tee.js';

/** What is known once pg_dump has ended. */
export interface Dump {
  readonly facts: DatabaseFacts;
  readonly pgDumpVersion: string;
  readonly warnings: readonly string[];
  /** File of the roles and tablespaces. */
  readonly globals: string | null;
  /** Of an encrypted backup what was read on the way, since nobody here can read it afterwards. */
  readonly content: ArchiveContent | undefined;
}

export interface RunDumpOptions {
  readonly deps: CreateBackupDeps;
  readonly options: CreateBackupOptions;
  readonly preflight: Preflight;
  /** Where the backup is written. */
  readonly directory: string;
}

/** Dumps from one snapshot, and the globals after it. @throws BkDbError; nothing is cleaned up here. */
export async function runDump(run: RunDumpOptions): Promise<Dump> {
  const { deps, preflight } = run;
  const { target, pgTools } = deps;
  const tied = await tieToParent(pgTools.runTool);
  return withSnapshot(target, async ({ id: snapshot, facts, transaction }) =>
    withLibpqEnvironment(target, async (environment) => {
      // A part of a database cannot be compared with what the whole of it has.
      if (run.options.selection === undefined)
        await writeText(run, INVENTORY_FILE, formatInventory(await takeInventory(transaction)));
      const progress = { phase: 'dumping', totalRows: facts.estimatedRows, onProgress: deps.onProgress };
      const { content, stderr } = await withCopyProgress(target, progress, () =>
        writeData(run, { tied, environment, snapshot }),
      ).catch((error: unknown) => {
        throw explainDumpFailure(error);
      });
      const warnings = stderr.split('\n').filter((line) => line.trim() !== '');
      const globals = await writeGlobals(run, environment);
      return { facts, pgDumpVersion: preflight.pgDump.version, warnings, content, globals };
    }),
  );
}

interface Session {
  readonly tied: (tool: Tool) => Tool;
  readonly environment: Readonly<Record<string, string>>;
  readonly snapshot: string;
}

async function writeData(run: RunDumpOptions, { tied, environment, snapshot }: Session) {
  if (run.preflight.plan.format === 'csv') return writeCsv(run, snapshot);
  const { deps, options, preflight, directory } = run;
  const { plan, pgDump } = preflight;
  const path = join(directory, plan.dataPath);
  const writesItself = plan.stages.length === 0;
  const tool = dumpTool({
    path: pgDump.path,
    environment,
    format: plan.format,
    jobs: options.jobs,
    snapshot,
    output: writesItself ? path : undefined,
    compress: plan.compressArgument,
    selection: options.selection,
  });
  const { runTool, openTool } = deps.pgTools;
  const { signal } = deps;
  if (writesItself) {
    const { stderr } = await runTool(tied(tool), { signal });
    return { stderr, content: undefined };
  }
  let stderr = '';
  const dumped = openTool(tied(tool), { signal, onStderr: (text) => (stderr = text) });
  const content = await writeThrough(run, { dumped, path, tied });
  return { stderr, content };
}

/** One CSV file for each table, from the dump's snapshot. Large objects have no table, and are not in it. */
async function writeCsv({ deps, preflight: { plan }, directory }: RunDumpOptions, snapshot: string) {
  const { target, signal, onProgress, version } = deps;
  await exportCsv(
    { target, signal, onProgress, version, stdout: new PassThrough() },
    {
      tables: [],
      schemas: [],
      all: true,
      query: undefined,
      output: join(directory, plan.dataPath),
      form: CSV_FORM,
      formulaSafe: false,
      snapshot,
      level: plan.compression.level,
    },
  );
  const largeObjects = await withDatabase(target, {}, async ({ sql }) => {
    const [row] = await sql<
      { n: number }[]
    >`select pg_catalog.count(*)::int as n from pg_catalog.pg_largeobject_metadata`;
    return row?.n ?? 0;
  });
  const stderr = largeObjects === 0 ? '' : `${largeObjects} large objects are not in a csv backup`;
  if (stderr !== '') deps.onWarning(stderr);
  return { stderr, content: undefined };
}

const CSV_FORM = { delimiter: ',', quote: '"', escape: '"', header: true, nullMarker: '' };

interface Passage {
  readonly dumped: AsyncIterable<Buffer>;
  readonly path: string;
  readonly tied: (tool: Tool) => Tool;
}

/** Sends the dump through its stages into the file; what is to be encrypted is read on the way. */
async function writeThrough(
  { deps, options, preflight: { plan } }: RunDumpOptions,
  { dumped, path, tied }: Passage,
): Promise<ArchiveContent | undefined> {
  const { openTool } = deps.pgTools;
  const { signal } = deps;
  const through = (source: AsyncIterable<Buffer>) =>
    plan.stages.reduce((input, stage) => openTool(tied(stage), { input, signal }), source);
  if (plan.recipients.length === 0) {
    await writePieces(path, through(dumped));
    return undefined;
  }
  const branch = createBranch();
  const access = { openTool, signal };
  const clear = unwrap(access, plan.ownLayers, branch.pieces);
  const file = plan.dataPath;
  const fingerprint = options.fingerprint ?? true;
  const reading =
    plan.format === 'plain'
      ? readPlain(clear, { file })
      : readCustom(clear, { ...access, file, fingerprint });
  const [read, written] = await Promise.allSettled([
    reading.finally(branch.end),
    writePieces(path, through(tee(dumped, branch))),
  ]);
  // The dump's own failure explains why it could not be read.
  if (written.status === 'rejected') throw written.reason;
  if (read.status === 'rejected') throw unreadable(read.reason);
  return read.value;
}

function unreadable(error: unknown): BkDbError {
  const problem = error instanceof Error ? error.message : String(error);
  return new BkDbError('BACKUP_CORRUPT', `what pg_dump wrote cannot be read: ${problem}`, {
    hint: 'Nothing was kept. Try again; if it stays, report it with the versions of pg_dump and bk-db.',
    cause: error,
  });
}

async function writePieces(path: string, pieces: AsyncIterable<Buffer>): Promise<void> {
  const file = await open(path, 'wx', PRIVATE_FILE);
  try {
    for await (const piece of pieces) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

const GLOBALS_END = /-- PostgreSQL database cluster dump complete\n--\n\s*(?:\\unrestrict \w+\s*)?$/;

async function writeGlobals(
  run: RunDumpOptions,
  environment: Readonly<Record<string, string>>,
): Promise<string | null> {
  const { deps, preflight } = run;
  const { pgDumpAll } = preflight;
  if (pgDumpAll === undefined) return null;
  const { runTool } = deps.pgTools;
  const { signal, target } = deps;
  const tool = globalsTool({ path: pgDumpAll, environment, database: target.database });
  const { stdout } = await runTool(tool, { signal });
  const script = `${stdout}\n`;
  if (!GLOBALS_END.test(script))
    throw new BkDbError('TOOL_FAILED', 'pg_dumpall ended before it had written everything');
  return writeText(run, 'globals.sql', script);
}

/** Writes a small file beside the archive, encrypted where that is. Returns its name. */
async function writeText(
  { deps: { pgTools, signal }, preflight: { plan }, directory }: RunDumpOptions,
  name: string,
  text: string,
): Promise<string> {
  const pieces = piecesOf(Buffer.from(text));
  if (plan.recipients.length === 0) {
    await writePieces(join(directory, name), pieces);
    return name;
  }
  const encrypted = `${name}${suffixOf(['age'])}`;
  const tool = encryptTool(plan.recipients);
  await writePieces(join(directory, encrypted), pgTools.openTool(tool, { input: pieces, signal }));
  return encrypted;
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}
