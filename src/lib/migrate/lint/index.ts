import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { BkDbError } from '../../core/errors.js';
import { readFolder, readScript } from '../folder.js';
import { layoutOfText } from '../layouts.js';
import { placeOf } from '../place.js';
import { normalizeText, parseScript, type Script } from '../script.js';
import type { Statement } from '../statements.js';
import type { LintFinding, LintResult } from '../types.js';
import { allowedRules, pointlessAllowances } from './allowances.js';
import { statementsOfBlock } from './block.js';
import { ColumnTypes } from './column-types.js';
import { DANGERS, type Danger } from './dangers.js';
import { loadParser, type Parser, type SyntaxProblem } from './parser.js';
import { Scope } from './scope.js';
import { statementDangers } from './statement-dangers.js';

export interface LintOptions {
  /** Absolute path of the folder; every file's way up is read. */
  readonly migrationsDir: string;
  /** Absolute paths of single files instead. */
  readonly files?: readonly string[] | undefined;
  /** Rules that are not reported. */
  readonly ignore?: readonly string[] | undefined;
}

/**
 * Reports statements that would block, rewrite or lose something in a database in use. Needs no database.
 * @throws BkDbError USAGE, NOT_FOUND, CONFIG_INVALID (folder), IO.
 */
export async function lintMigrations(options: LintOptions): Promise<LintResult> {
  const { migrationsDir, files = [], ignore = [] } = options;
  for (const rule of ignore) requireRule(rule);
  const scripts = files.length > 0 ? await readFiles(files) : await readUps(migrationsDir);
  const parser = await loadParser();
  const columns = new ColumnTypes();
  const findings = scripts.flatMap((script) => lintScript(script, parser, columns));
  return { files: scripts.length, findings: findings.filter(({ rule }) => !ignore.includes(rule)) };
}

/** @throws BkDbError USAGE for a rule that there is not. */
function requireRule(rule: string): void {
  const rules = [...new Set(Object.values(DANGERS).map((danger) => danger.rule as string))].sort();
  if (rules.includes(rule)) return;
  throw new BkDbError('USAGE', `there is no lint rule ${rule}`, { hint: `Rules: ${rules.join(', ')}.` });
}

async function readUps(migrationsDir: string): Promise<readonly Script[]> {
  const folder = await readFolder(migrationsDir);
  return folder.migrations.map((migration) => readScript(folder, migration, 'up'));
}

async function readFiles(files: readonly string[]): Promise<readonly Script[]> {
  return Promise.all(
    files.map(async (path) => {
      const text = normalizeText(await readFile(path, 'utf8'));
      return parseScript({ path, file: basename(path), text }, layoutOfText(text), 'up');
    }),
  );
}

/** The findings of one script that no comment allows, in the order of its statements. */
export function lintScript(script: Script, parser: Parser, columns = new ColumnTypes()): LintFinding[] {
  const scope = Scope.ofFile(script.transactional, columns);
  let previousEnd = 0;
  const findings = script.statements.flatMap((statement) => {
    const allowed = allowedRules(script.text.slice(previousEnd, statement.end));
    previousEnd = statement.end;
    const parsed = parser.parse(statement.text);
    if ('message' in parsed) return [syntaxError(script, statement, parsed)];
    const dangers = parsed.flatMap((node) => [
      ...statementDangers(node, scope),
      ...('DoStmt' in node ? blockDangers(statement, scope, parser) : []),
    ]);
    return [...new Set(dangers)]
      .filter(({ rule }) => !allowed.has(rule))
      .map((danger) => toFinding(script, statement.start, danger));
  });
  const pointless = pointlessAllowances(script.text).map((at) => toFinding(script, at, WITHOUT_REASON));
  return [...findings, ...pointless].sort((a, b) => a.line - b.line || a.column - b.column);
}

function blockDangers({ text }: Statement, scope: Scope, parser: Parser): readonly Danger[] {
  const inner = scope.inner();
  return statementsOfBlock(text, parser).flatMap((node) => statementDangers(node, inner));
}

function syntaxError(
  script: Script,
  { start }: Statement,
  { message, position }: SyntaxProblem,
): LintFinding {
  const hint = 'PostgreSQL 18 does not take this; the migration would fail here.';
  return toFinding(script, start + position, { rule: 'syntax-error', message, hint });
}

const WITHOUT_REASON: Danger = {
  rule: 'allow-without-reason',
  message: 'this comment allows nothing: it names no rule, or gives no reason',
  hint: 'Write `-- bk-db: allow RULE why it is safe here`.',
};

function toFinding(script: Script, position: number, { rule, message, hint }: Danger): LintFinding {
  return { path: script.path, file: script.file, ...placeOf(script.text, position), rule, message, hint };
}
