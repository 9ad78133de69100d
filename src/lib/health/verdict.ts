import {
  CHECK_STATUSES,
  VERDICT_STATUSES,
  type CheckStatus,
  type Finding,
  type Verdict,
  type VerdictStatus,
} from './types.js';

/** How many findings there are of each status. */
export function countStatuses(findings: readonly Finding[]): Record<CheckStatus, number> {
  const counts = Object.fromEntries(CHECK_STATUSES.map((status) => [status, 0])) as Record<
    CheckStatus,
    number
  >;
  for (const { status } of findings) counts[status]++;
  return counts;
}

/** One status for all findings, the counts in words, and the worst finding. Nothing seen is unknown. Pure. */
export function judge(findings: readonly Finding[]): Verdict {
  const counts = countStatuses(findings);
  const worst = VERDICT_STATUSES.toReversed().find((status) => counts[status] > 0) ?? 'unknown';
  const finding = findings.find(({ status }) => status === worst);
  return {
    status: worst,
    summary: countsInWords(counts),
    headline: worst === 'ok' || finding === undefined ? null : `${finding.id}: ${finding.summary}`,
  };
}

function countsInWords(counts: Readonly<Record<CheckStatus, number>>): string {
  const words: Record<CheckStatus, string> = {
    critical: 'critical',
    warning: counts.warning === 1 ? 'warning' : 'warnings',
    unknown: 'unknown',
    info: 'info',
    ok: 'ok',
    skipped: 'skipped',
  };
  const order: readonly CheckStatus[] = ['critical', 'warning', 'unknown', 'info', 'ok', 'skipped'];
  const said = order
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${words[status]}`);
  return said.length === 0 ? 'nothing was checked' : said.join(', ');
}

/** True when the findings are as bad as the level at which a command shall fail. */
export function fails(verdict: VerdictStatus, failOn: 'warn' | 'critical' | 'never'): boolean {
  if (failOn === 'never') return false;
  return verdict === 'critical' || (failOn === 'warn' && verdict === 'warning');
}
