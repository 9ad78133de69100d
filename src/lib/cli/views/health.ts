import type {
  CheckStatus,
  Explanation,
  Finding,
  HealthReport,
  LockNode,
  Threshold,
} from '../../health/index.js';
import { formatBytes, formatCount, formatDuration, formatTime, plural } from '../format.js';
import { renderTable } from '../table.js';
import { printable, type Paint, type Style } from '../terminal.js';

/** Symbol and word, so that the meaning is never in colour alone. */
export const STATUS_LOOK: Readonly<Record<CheckStatus, { readonly symbol: string; readonly style: Style }>> =
  {
    critical: { symbol: '✖', style: 'red' },
    warning: { symbol: '▲', style: 'yellow' },
    unknown: { symbol: '?', style: 'cyan' },
    info: { symbol: 'i', style: 'cyan' },
    ok: { symbol: '✓', style: 'green' },
    skipped: { symbol: '-', style: 'dim' },
  };

/** The verdict's word; what was not looked at yet may still spoil a good one. */
export function verdictWord({ status }: HealthReport['verdict'], pendingChecks: number): string {
  return pendingChecks > 0 && status === 'ok' ? 'OK SO FAR' : status.toUpperCase();
}

/** Statements of one remedy that a person is shown. */
const SHOWN_STATEMENTS = 5;

const WORST_FIRST: readonly CheckStatus[] = ['critical', 'warning', 'unknown', 'info', 'ok', 'skipped'];

/** The verdict, every check from bad to good, the lock tree, and what to do. */
export function healthView(report: HealthReport, paint: Paint): string {
  const findings = worstFirst(report.findings);
  return [
    verdictLine(report, paint),
    renderTable(
      [
        { head: 'check', value: (row: Finding) => row.id },
        {
          head: 'status',
          value: ({ status }) => `${STATUS_LOOK[status].symbol} ${status}`,
          style: ({ status }) => STATUS_LOOK[status].style,
        },
        { head: 'what was seen', value: seenText },
      ],
      findings,
      paint,
    ),
    ...(report.lockTree.length === 0 ? [] : [lockTreeText(report.lockTree, paint)]),
    ...remedies(findings, paint),
  ].join('\n\n');
}

function seenText({ summary, accepted }: Finding): string {
  if (accepted === null) return summary;
  const until = accepted.until === null ? '' : ` until ${accepted.until}`;
  return `${summary} (accepted${until}: ${accepted.reason})`;
}

function verdictLine({ verdict, server }: HealthReport, paint: Paint): string {
  const where = paint('dim', `PostgreSQL ${server.version} ${server.role}, database ${server.database}`);
  const { symbol, style } = STATUS_LOOK[verdict.status];
  const line = `${paint(style, `${symbol} ${verdict.status.toUpperCase()}`)}  ${verdict.summary}  ${where}`;
  return verdict.headline === null ? line : `${line}\n${paint('bold', verdict.headline)}`;
}

function worstFirst(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status));
}

/** What to do, said once for all findings that it helps. */
function remedies(findings: readonly Finding[], paint: Paint): string[] {
  const bySolution = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.remedy === null || finding.status === 'ok' || finding.accepted !== null) continue;
    const key = JSON.stringify(finding.remedy);
    bySolution.set(key, [...(bySolution.get(key) ?? []), finding]);
  }
  return [...bySolution.values()].map((group) => remedyText(group, paint));
}

function remedyText(group: readonly Finding[], paint: Paint): string {
  const { text = '', sql = [] } = group[0]?.remedy ?? {};
  const ids = group.map(({ id, status }) => paint(STATUS_LOOK[status].style, id)).join(', ');
  const lines = sql.slice(0, SHOWN_STATEMENTS).map((line) => `    ${printable(line)}`);
  const rest = sql.length - SHOWN_STATEMENTS;
  const more = rest > 0 ? [paint('dim', `    (${rest} more with --json)`)] : [];
  return [`${ids}: ${text}`, ...lines, ...more].join('\n');
}

/** Who blocks whom; a root blocks others and waits for nobody. */
function lockTreeText(roots: readonly LockNode[], paint: Paint): string {
  const lines = roots.flatMap((root) => nodeLines(root, '', ''));
  return [paint('bold', 'locks: who blocks whom'), ...lines.map(printable)].join('\n');
}

function nodeLines(node: LockNode, first: string, rest: string): string[] {
  const children = node.blocked.flatMap((child, index) => {
    const last = index === node.blocked.length - 1;
    return nodeLines(child, `${rest}${last ? '└─ ' : '├─ '}`, `${rest}${last ? '   ' : '│  '}`);
  });
  return [`${first}${lockNodeText(node)}`, ...children];
}

/** One session of a lock tree in a line. */
export function lockNodeText({
  pid,
  applicationName,
  state,
  transactionAgeMs,
  waitsFor,
  alsoBlockedBy,
  query,
}: LockNode) {
  const name = applicationName === null || applicationName === '' ? '' : ` ${applicationName}`;
  const age = transactionAgeMs === null ? '' : ` for ${formatDuration(transactionAgeMs)}`;
  const doing = waitsFor === null ? `${state ?? 'state hidden'}${age}` : waitText(waitsFor);
  const others = alsoBlockedBy.length === 0 ? '' : ` (+${plural(alsoBlockedBy.length, 'other blocker')})`;
  const text = query === null ? '' : `  ${query.replaceAll(/\s+/g, ' ').slice(0, 80)}`;
  return `${pid === 0 ? 'prepared' : `pid ${pid}`}${name}  ${doing}${others}${text}`;
}

function waitText({ lockType, mode, relation, waitMs }: NonNullable<LockNode['waitsFor']>): string {
  const time = waitMs === null ? '' : ` ${formatDuration(waitMs)}`;
  const row = lockType === 'relation' || relation === null ? '' : `${lockType} of `;
  const object = relation ?? lockType;
  return `waits${time} for ${mode} on ${row}${object}`;
}

/** One line of a monitoring plugin with performance data. */
export function nagiosView({ verdict, counts, durationMs }: HealthReport): string {
  const word = verdict.status.toUpperCase();
  const text = (verdict.headline ?? verdict.summary).replaceAll('|', '/').replaceAll('\n', ' ');
  const data = (['critical', 'warning', 'unknown', 'ok'] as const).map(
    (status) => `${status}=${counts[status]}`,
  );
  return `BK-DB ${word} - ${text} | ${data.join(' ')} duration=${durationMs}ms`;
}

/** The report for an issue, a wiki or a CI summary. */
export function markdownView(report: HealthReport): string {
  const { verdict, server, takenAt } = report;
  const findings = worstFirst(report.findings);
  const rows = findings.map(
    (finding) =>
      `| \`${finding.id}\` | ${STATUS_LOOK[finding.status].symbol} ${finding.status} | ${cell(seenText(finding))} |`,
  );
  const fixes = findings.flatMap(({ id, remedy, status, accepted }) =>
    remedy === null || status === 'ok' || accepted !== null
      ? []
      : [
          `### ${id}\n\n${remedy.text}${remedy.sql.length === 0 ? '' : `\n\n\`\`\`sql\n${remedy.sql.join('\n')}\n\`\`\``}`,
        ],
  );
  return [
    `## ${STATUS_LOOK[verdict.status].symbol} ${verdict.status}: ${verdict.summary}`,
    `PostgreSQL ${server.version} ${server.role}, database \`${server.database}\`, ${formatTime(takenAt)}`,
    ['| check | status | what was seen |', '| --- | --- | --- |', ...rows].join('\n'),
    ...fixes,
  ].join('\n\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** What one check looks at and why. */
export function explanationView(
  { id, title, tier, why, threshold, remedy }: Explanation,
  paint: Paint,
): string {
  return [
    `${paint('bold', id)}  ${title}`,
    why,
    ...(threshold === null ? [] : [`Limits: ${limitsText(threshold)}.`]),
    `What helps: ${remedy}`,
    paint('dim', tier === 'deep' ? 'Runs with --diagnose, or when named with --only.' : 'Runs each time.'),
  ].join('\n\n');
}

/** Every check with its id, by which `--only` and `health explain` know it. */
export function checksView(checks: readonly Explanation[], paint: Paint): string {
  return renderTable<Explanation>(
    [
      { head: 'check', value: ({ id }) => id },
      { head: 'looks for', value: ({ title }) => title },
      { head: 'runs', value: ({ tier }) => (tier === 'deep' ? 'with --diagnose' : 'each time') },
    ],
    checks,
    paint,
  );
}

function limitsText({ warning, critical, unit }: Threshold): string {
  const parts = [
    warning === null ? null : `warning from ${limit(warning, unit)}`,
    critical === null ? null : `critical from ${limit(critical, unit)}`,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

function limit(value: number, unit: Threshold['unit']): string {
  if (unit === 'ms') return formatDuration(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'percent') return `${value} %`;
  return unit === 'ratio' ? `${value} times` : formatCount(value);
}
