import type { ConnectionTarget, PoolSettings } from '../core/connection.js';
import { withDatabase } from '../core/database.js';
import type { Check } from './check.js';
import type { CollectorName } from './collectors/all.js';
import type { Tier } from './collectors/collector.js';
import { takeSnapshot, withDeadline } from './collect.js';
import { evaluateChecks, type ThresholdOverrides } from './evaluate.js';
import { buildLockTree } from './lock-tree.js';
import { selectChecks } from './select.js';
import { isCollector, type SectionName } from './sections.js';
import type { Section, Snapshot } from './snapshot.js';
import { readSource } from './toolkit/all.js';
import type { ToolkitDeps } from './toolkit/source.js';
import type { HealthReport } from './types.js';
import { countStatuses, judge } from './verdict.js';

export interface HealthDeps {
  readonly target: ConnectionTarget;
  readonly pool?: Partial<PoolSettings>;
  readonly signal?: AbortSignal;
  /** Where migrations and backups are; without it their checks are skipped. */
  readonly toolkit?: ToolkitDeps;
}

export interface HealthOptions {
  /** Ids of the checks to run; empty means all of the usual ones. */
  readonly only?: readonly string[];
  /** The dear checks too. */
  readonly diagnose?: boolean;
  /** Only checks that cost so much; default all of the usual ones. */
  readonly tier?: Tier;
  readonly thresholds?: ThresholdOverrides;
}

/** Longer than all limits of the statements together, so that it ends only what no statement timeout ends. */
const DEADLINE_MS = 60_000;

/** A report with what it was made from. */
export interface Examination {
  readonly snapshot: Snapshot;
  readonly report: HealthReport;
}

/**
 * Looks at a server once, over one connection and in read-only transactions, and judges what it saw.
 * Works with any role; what the role may not see is unknown.
 * @throws BkDbError CONNECTION_FAILED, NOT_FOUND (no such database), USAGE (unknown check).
 */
export async function checkHealth(deps: HealthDeps, options: HealthOptions = {}): Promise<HealthReport> {
  return (await examine(deps, options)).report;
}

/** The same, with the snapshot beside the report: for metrics and the live screen. Throws as {@link checkHealth}. */
export async function examine(deps: HealthDeps, options: HealthOptions = {}): Promise<Examination> {
  const checks = selectChecks(options);
  deps.signal?.throwIfAborted();
  const started = performance.now();
  const names = [...new Set(checks.flatMap(({ needs }) => needs))];
  const catalogue = await withDeadline(
    DEADLINE_MS,
    deps.signal,
    readCatalogue(deps, names.filter(isCollector)),
  );
  const snapshot = await withDeadline(DEADLINE_MS, deps.signal, readToolkit(catalogue, deps, names));
  const report = reportOf(snapshot, checks, {
    overrides: options.thresholds ?? {},
    durationMs: Math.round(performance.now() - started),
  });
  return { snapshot, report };
}

async function readCatalogue(
  { target, pool = {} }: HealthDeps,
  names: readonly CollectorName[],
): Promise<Snapshot> {
  return withDatabase(labelled(target), { pool: { ...pool, statementTimeoutMs: 0 } }, (database) =>
    takeSnapshot(database, names),
  );
}

/** The target under the name by which our sessions are known in pg_stat_activity. */
export function labelled(target: ConnectionTarget): ConnectionTarget {
  return { ...target, applicationName: `${target.applicationName} health` };
}

/** Adds what does not come from the catalogue. What reads the ledger opens a connection of its own. */
async function readToolkit(
  { server, sections }: Snapshot,
  { toolkit, target, signal = new AbortController().signal }: HealthDeps,
  names: readonly SectionName[],
): Promise<Snapshot> {
  const input = toolkit === undefined ? undefined : { ...toolkit, target, server, signal };
  const added: [SectionName, Section<unknown>][] = [];
  for (const name of names) if (!isCollector(name)) added.push([name, await readSource(name, input)]);
  return { server, sections: { ...sections, ...(Object.fromEntries(added) as Snapshot['sections']) } };
}

interface ReportExtras {
  readonly overrides: ThresholdOverrides;
  readonly durationMs: number;
}

/** Judges a snapshot. Pure. */
export function reportOf(
  snapshot: Snapshot,
  checks: readonly Check[],
  { overrides, durationMs }: ReportExtras,
): HealthReport {
  const { server, sections } = snapshot;
  const findings = evaluateChecks(checks, snapshot, overrides);
  const lockTree =
    sections.locks?.state === 'collected' && sections.activity?.state === 'collected'
      ? buildLockTree(sections.locks.data, sections.activity.data)
      : [];
  return {
    takenAt: server.now.toISOString(),
    durationMs,
    server: {
      version: server.version,
      role: server.inRecovery ? 'standby' : 'primary',
      database: server.database,
      user: server.user,
      startedAt: server.startedAt.toISOString(),
      seesEverything: server.isSuperuser || server.readsAllStats,
    },
    verdict: judge(findings),
    counts: countStatuses(findings),
    findings,
    lockTree,
  };
}
