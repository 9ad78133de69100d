import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readFolder, readScript } from './folder.js';
import { layoutOfText } from './layouts.js';
import { nextToken } from './lexer.js';
import {
  ALTER_TABLE,
  ALTER_TABLE_RULES,
  CREATE_TABLE,
  STATEMENT_RULES,
  type LintRule,
} from './lint-rules.js';
import { placeOf } from './place.js';
import { normalizeText, parseScript, type Script } from './script.js';
import { splitScript } from './statements.js';
import { loadSyntaxCheck, type SyntaxCheck, type SyntaxProblem } from './syntax-check.js';
import type { LintFinding, LintResult } from './types.js';

export interface LintOptions {
  /** Absolute path of the folder; every file's way up is read. */
  readonly migrationsDir: string;
  /** Absolute paths of single files instead. */
  readonly files?: readonly string[] | undefined;
}

/** Reports statements that would block, rewrite or lose something in a database in use. Needs no database. */
export async function lintMigrations({ migrationsDir, files = [] }: LintOptions): Promise<LintResult> {
  const scripts = files.length > 0 ? await readFiles(files) : await readUps(migrationsDir);
  const check = await loadSyntaxCheck();
  return { files: scripts.length, findings: scripts.flatMap((script) => lintScript(script, check)) };
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
export function lintScript(script: Script, check: SyntaxCheck): LintFinding[] {
  const created = new Set<string>();
  let previousEnd = 0;
  const findings = script.statements.flatMap((statement) => {
    const allowed = allowedRules(script.text.slice(previousEnd, statement.end));
    previousEnd = statement.end;
    const problem = check(statement);
    if (problem !== undefined) return [syntaxError(script, problem)];
    const text = bareText(statement.text);
    const found = brokenRules(text, created).filter(({ id }) => !allowed.has(id));
    const table = CREATE_TABLE.exec(text)?.groups?.['table'];
    if (table !== undefined) created.add(unqualified(table));
    return found.map((rule) => toFinding(script, statement.start, rule));
  });
  return [...findings, ...pointlessAllowances(script)].sort((a, b) => a.line - b.line || a.column - b.column);
}

function syntaxError(script: Script, { message, position }: SyntaxProblem): LintFinding {
  const hint = 'PostgreSQL 18 does not take this; the migration would fail here.';
  return toFinding(script, position, { id: 'syntax-error', message, hint });
}

/** An allowance that gives no reason allows nothing, and whoever wrote it should know. */
function pointlessAllowances(script: Script): LintFinding[] {
  return splitScript(script.text)
    .remarks.filter(({ text }) => /^--\s*bk-db:\s*allow\b/.test(text) && !ALLOW.test(text))
    .map(({ start }) =>
      toFinding(script, start, {
        id: 'allow-without-reason',
        message: 'this comment allows nothing: it names no rule, or gives no reason',
        hint: 'Write `-- bk-db: allow RULE why it is safe here`.',
      }),
    );
}

function brokenRules(text: string, created: ReadonlySet<string>): readonly LintRule[] {
  const isNew = (table: string | undefined) => table !== undefined && created.has(unqualified(table));
  const alter = ALTER_TABLE.exec(text)?.groups;
  if (alter !== undefined) {
    if (isNew(alter['table'])) return [];
    const actions = splitActions(alter['actions'] ?? '');
    return ALTER_TABLE_RULES.filter((rule) =>
      actions.some((action) => rule.pattern.test(action) && isBroken(rule, action)),
    );
  }
  return STATEMENT_RULES.filter((rule) => {
    const match = rule.pattern.exec(text);
    return match !== null && isBroken(rule, text) && !isNew(match.groups?.['table']);
  });
}

function isBroken({ unless, applies }: LintRule, text: string): boolean {
  return unless?.test(text) !== true && applies?.(text) !== false;
}

/** The statement's tokens with single spaces: bare words in lower case, strings emptied, names joined, no comments. */
export function bareText(sql: string): string {
  const tokens: string[] = [];
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const piece = sql.slice(token.start, token.end);
    if (token.kind === 'string') tokens.push("''");
    else if (token.kind !== 'comment' && piece !== ';')
      tokens.push(token.kind === 'word' ? piece.toLowerCase() : piece);
  }
  return tokens.join(' ').replaceAll(' . ', '.');
}

function unqualified(table: string): string {
  return table.replace(/^public\./, '');
}

/** The actions of an ALTER TABLE, cut at commas outside parentheses. */
function splitActions(text: string): readonly string[] {
  const actions: string[] = [''];
  let depth = 0;
  for (const piece of text.split(' ')) {
    if (piece === '(') depth++;
    if (piece === ')') depth--;
    if (piece === ',' && depth === 0) actions.push('');
    else actions.push(`${actions.pop() ?? ''} ${piece}`.trim());
  }
  return actions;
}

const ALLOW = /^--\s*bk-db:\s*allow\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)\s+\S/;

/** Rules that a comment before or within the statement allows; it has to give a reason. */
function allowedRules(text: string): ReadonlySet<string> {
  const rules = splitScript(text).remarks.map((remark) => ALLOW.exec(remark.text)?.[1]);
  return new Set(rules.flatMap((list) => list?.split(/\s*,\s*/) ?? []));
}

function toFinding(
  script: Script,
  position: number,
  { id, message, hint }: Pick<LintRule, 'id' | 'message' | 'hint'>,
): LintFinding {
  return { path: script.path, file: script.file, ...placeOf(script.text, position), rule: id, message, hint };
}
