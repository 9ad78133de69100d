import type { CheckFacts } from '../health/index.js';

/** How long a state must last before it is an alert: short enough to matter, long enough to be no flicker. */
const FOR = { critical: '2m', warning: '15m', unknown: '1h' } as const;
const OLDEST_BACKUP_SECONDS = 26 * 3600;

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  readonly description: string;
}

/** Prometheus alert rules for every check, as YAML; the checks' own texts explain them. Pure. */
export function alertRules(checks: readonly CheckFacts[]): string {
  const rules = [...SERVER_RULES, ...checks.flatMap(rulesOf)];
  return `groups:\n  - name: bk-db\n    rules:\n${rules.map(ruleText).join('')}`;
}

const SERVER_RULES: readonly Rule[] = [
  {
    alert: 'BkDbDown',
    expr: 'bk_db_up == 0',
    for: '1m',
    severity: 'critical',
    summary: 'PostgreSQL cannot be reached',
    description: 'bk-db could not connect. `bk-db doctor` says why.',
  },
  {
    alert: 'BkDbNotObserved',
    expr: 'absent(bk_db_up)',
    for: '10m',
    severity: 'critical',
    summary: 'nobody looks at PostgreSQL',
    description:
      'There are no metrics of bk-db: `bk-db metrics serve`, or what writes its textfile, does not run.',
  },
  {
    alert: 'BkDbBackupTooOld',
    expr: `time() - bk_db_backup_last_success_timestamp_seconds > ${OLDEST_BACKUP_SECONDS}`,
    for: '5m',
    severity: 'critical',
    summary: 'the newest backup is older than 26 hours',
    description: 'A nightly backup failed or was not taken. `bk-db backup check --max-age 26h` says more.',
  },
  {
    alert: 'BkDbCheckUnknown',
    expr: 'bk_db_check_status == 3',
    for: FOR.unknown,
    severity: 'warning',
    summary: 'check {{ $labels.check }} cannot be answered',
    description: 'The role may not see what the check needs: `bk-db grants health` prints what it lacks.',
  },
];

function rulesOf({ id, title, why, advice }: CheckFacts): Rule[] {
  const common = { summary: `${title} on {{ $labels.instance }}`, description: `${why} ${advice}` };
  return (['critical', 'warning'] as const).map((severity) => ({
    ...common,
    alert: `BkDb${camel(id)}${severity === 'critical' ? 'Critical' : ''}`,
    expr: `bk_db_check_status{check="${id}"} == ${severity === 'critical' ? 2 : 1}`,
    for: FOR[severity],
    severity,
  }));
}

function camel(id: string): string {
  return id.replace(/(?:^|[._-])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** JSON's strings are YAML's too; `{{` of a text that is no template of ours would be one to Prometheus. */
function ruleText({ alert, expr, severity, summary, description, ...rule }: Rule): string {
  const lines = [
    `      - alert: ${alert}`,
    `        expr: ${JSON.stringify(expr)}`,
    `        for: ${rule.for}`,
    `        labels: { severity: ${severity} }`,
    '        annotations:',
    `          summary: ${JSON.stringify(summary)}`,
    `          description: ${JSON.stringify(description)}`,
  ];
  return `${lines.join('\n')}\n`;
}
