import { relative } from 'node:path';
import type { LintResult, MigrateResult, MigrationStatus } from '../../migrate/index.js';
import { formatDuration, plural } from '../format.js';
import { escapeMarkdown } from '../step-summary.js';

/** What `migrate` did, as Markdown. */
export function migrateMarkdown({ applied, planned, toVersion, dryRun }: MigrateResult): string {
  if (dryRun) {
    const rows = planned.map(({ file, transactional }) => [
      file,
      transactional ? '' : 'without a transaction',
    ]);
    return [`${plural(planned.length, 'migration')} would be applied.`, table(['file', ''], rows)].join(
      '\n\n',
    );
  }
  const at = toVersion === null ? 'There are no migrations.' : `The schema is at ${code(toVersion)}.`;
  if (applied.length === 0) return `Nothing was pending. ${at}`;
  const rows = applied.map(({ file, durationMs }) => [file, formatDuration(durationMs)]);
  return [`${plural(applied.length, 'migration')} applied. ${at}`, table(['file', 'took'], rows)].join(
    '\n\n',
  );
}

/** What is pending or wrong, as Markdown; applied migrations are only counted. */
export function statusMarkdown({ migrations, currentVersion, upToDate }: MigrationStatus): string {
  const others = migrations.filter(({ state }) => state !== 'applied' && state !== 'baseline');
  const at = currentVersion === null ? 'Nothing is applied' : `The schema is at ${code(currentVersion)}`;
  const counted = `${plural(migrations.length - others.length, 'migration')} applied`;
  const verdict = `${at}: ${upToDate ? 'up to date' : '**not up to date**'}, ${counted}.`;
  const rows = others.map(({ label, state }) => [state, label]);
  return rows.length === 0 ? verdict : `${verdict}\n\n${table(['state', 'migration'], rows)}`;
}

/** Findings of `migrate lint`, as Markdown. */
export function lintMarkdown({ files, findings }: LintResult, cwd: string): string {
  const verdict = `${plural(findings.length, 'finding')} in ${plural(files, 'file')}.`;
  if (findings.length === 0) return verdict;
  const rows = findings.map(({ path, line, rule, message, hint }) => [
    `${relative(cwd, path)}:${line}`,
    rule,
    `${message}. ${hint}`,
  ]);
  return `${verdict}\n\n${table(['place', 'rule', 'finding'], rows)}`;
}

function code(text: string): string {
  return `\`${text.replaceAll('`', '')}\``;
}

/** GitHub refuses pages of more than a megabyte. */
const MOST_ROWS = 500;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const body = rows.slice(0, MOST_ROWS).map((cells) => line(cells.map(escapeMarkdown)));
  const rest = rows.length > MOST_ROWS ? [`\n… and ${rows.length - MOST_ROWS} more`] : [];
  return [line(head), line(head.map(() => '---')), ...body, ...rest].join('\n');
}
