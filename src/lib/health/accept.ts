import { readFile } from 'node:fs/promises';
import { BkDbError } from '../core/errors.js';
import { getCheck } from './select.js';
import { healthReportSchema, type Finding, type HealthReport } from './types.js';
import { countStatuses, judge } from './verdict.js';

/** Something that is known and shall not decide the verdict. */
export interface Acceptance {
  readonly id: string;
  readonly reason: string;
  /** The last day on which it holds, as YYYY-MM-DD; null means until it is taken back. */
  readonly until: string | null;
}

export interface AcceptOptions {
  /** File of accepted checks: `ID [until YYYY-MM-DD] REASON` on each line, `#` for comments. */
  readonly acceptFile?: string | undefined;
  /** An earlier report (`health --json`): what is no worse than then is accepted. */
  readonly baselineFile?: string | undefined;
  readonly now: Date;
  readonly onWarning: (text: string) => void;
}

const LINE = /^(?<id>[a-z0-9_.]+)\s+(?:until\s+(?<until>\d{4}-\d\d-\d\d)\s+)?(?<reason>\S.*)$/;
const SEVERITY: Readonly<Partial<Record<Finding['status'], number>>> = {
  unknown: 1,
  warning: 2,
  critical: 3,
};

/**
 * Marks what is accepted, and judges the rest anew: a finding stays in the report, but no longer decides.
 * @throws BkDbError CONFIG_INVALID for a file that is not understood, NOT_FOUND, USAGE (unknown check).
 */
export async function acceptFindings(report: HealthReport, options: AcceptOptions): Promise<HealthReport> {
  const listed = options.acceptFile === undefined ? [] : await readAcceptances(options.acceptFile, options);
  const baseline = options.baselineFile === undefined ? undefined : await readBaseline(options.baselineFile);
  const findings = report.findings.map((finding) => ({
    ...finding,
    accepted: acceptedBy(finding, listed) ?? acceptedAsBefore(finding, baseline),
  }));
  const deciding = findings.filter(({ accepted }) => accepted === null);
  return { ...report, findings, counts: countStatuses(deciding), verdict: judge(deciding) };
}

function acceptedBy({ id, status }: Finding, listed: readonly Acceptance[]): Finding['accepted'] {
  if (SEVERITY[status] === undefined) return null;
  const acceptance = listed.find((one) => one.id === id);
  return acceptance === undefined ? null : { reason: acceptance.reason, until: acceptance.until };
}

/** What was as bad already is not new; a longer list of the same badness is. */
function acceptedAsBefore(finding: Finding, baseline: HealthReport | undefined): Finding['accepted'] {
  const before = baseline?.findings.find(({ id }) => id === finding.id);
  const severity = SEVERITY[finding.status];
  if (baseline === undefined || before === undefined || severity === undefined) return null;
  const isWorse =
    severity > (SEVERITY[before.status] ?? 0) || finding.evidence.length > before.evidence.length;
  return isWorse ? null : { reason: `no worse than on ${baseline.takenAt.slice(0, 10)}`, until: null };
}

async function readAcceptances(path: string, { now, onWarning }: AcceptOptions): Promise<Acceptance[]> {
  const today = now.toISOString().slice(0, 10);
  const acceptances = (await readText(path)).split('\n').flatMap((line, n): Acceptance[] => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return [];
    const groups = LINE.exec(text)?.groups;
    if (groups === undefined) throw malformed(`${path}:${n + 1}`, text);
    const { id = '', until, reason = '' } = groups;
    getCheck(id);
    return [{ id, until: until ?? null, reason }];
  });
  const [over, holding] = [true, false].map((isOver) =>
    acceptances.filter(({ until }) => (until !== null && until < today) === isOver),
  );
  for (const { id, until } of over ?? []) onWarning(`that ${id} is accepted ended on ${until}`);
  return holding ?? [];
}

function malformed(place: string, text: string): BkDbError {
  return new BkDbError('CONFIG_INVALID', `${place} accepts nothing: ${JSON.stringify(text)}`, {
    hint: 'Write `ID REASON` or `ID until YYYY-MM-DD REASON`, such as `idx.unused until 2026-12-31 the report of the year needs it`.',
  });
}

async function readBaseline(path: string): Promise<HealthReport> {
  const text = await readText(path);
  try {
    const value = JSON.parse(text) as { data?: unknown };
    return healthReportSchema.parse(value.data ?? value);
  } catch (cause) {
    throw new BkDbError('CONFIG_INVALID', `${path} is no report of bk-db health`, {
      hint: 'Make one: bk-db health --json > baseline.json',
      cause,
    });
  }
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new BkDbError('NOT_FOUND', `there is no file ${path}`, { cause });
  });
}
