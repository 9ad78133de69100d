import { relative } from 'node:path';
import type { LintFinding, LintResult } from '../../migrate/index.js';
import { plural } from '../format.js';
import type { Paint } from '../terminal.js';

/** Findings as a person reads them, each with its place, its rule and what to do. */
export function lintTextView({ files, findings }: LintResult, paint: Paint): string {
  if (findings.length === 0) return `no findings in ${plural(files, 'file')}`;
  const lines = findings.flatMap(({ file, line, column, rule, message, hint }) => [
    `${paint('bold', `${file}:${line}:${column}`)} ${message} ${paint('dim', `(${rule})`)}`,
    `  ${paint('cyan', 'hint:')} ${hint}`,
  ]);
  return [...lines, '', `${plural(findings.length, 'finding')} in ${plural(files, 'file')}`].join('\n');
}

/** Findings as commands that GitHub Actions turns into annotations. */
export function lintGithubView({ findings }: LintResult, cwd: string): string {
  return findings
    .map(({ path, line, column, rule, message, hint }) => {
      const file = escapeCommand(relative(cwd, path)).replaceAll(':', '%3A').replaceAll(',', '%2C');
      const place = `file=${file},line=${line},col=${column},title=${rule}`;
      return `::warning ${place}::${escapeCommand(`${message}. ${hint}`)}`;
    })
    .join('\n');
}

function escapeCommand(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Findings as SARIF 2.1.0. */
export function lintSarifView({ findings }: LintResult, cwd: string): string {
  const rules = [...new Set(findings.map(({ rule }) => rule))].map((id) => ({ id }));
  const results = findings.map((finding) => sarifResult(finding, cwd));
  return JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [{ tool: { driver: { name: 'bk-db migrate lint', rules } }, results }],
    },
    undefined,
    2,
  );
}

function sarifResult({ path, line, column, rule, message, hint }: LintFinding, cwd: string) {
  const region = { startLine: line, startColumn: column };
  return {
    ruleId: rule,
    level: 'warning',
    message: { text: `${message}. ${hint}` },
    locations: [{ physicalLocation: { artifactLocation: { uri: encodeURI(relative(cwd, path)) }, region } }],
  };
}
