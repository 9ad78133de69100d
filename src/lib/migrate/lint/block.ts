import type { Node } from 'libpg-query';
import { fieldsOf, findAll, stringsOf } from './nodes.js';
import type { Parser } from './parser.js';

/** What PL/pgSQL's parser says of an embedded text. */
interface Expression {
  readonly query?: string;
  /** 0 for a whole statement, 2 for an expression. */
  readonly parseMode?: number;
}

/**
 * The statements that a DO block may run: those written in it, and those that EXECUTE is given as text, as far as
 * they can be read without running anything. Empty for other languages.
 */
export function statementsOfBlock(text: string, { parse, parseBlock }: Parser): readonly Node[] {
  const block = parseBlock(text);
  const executed = valuesOf(block, 'PLpgSQL_stmt_dynexecute').flatMap(({ query }) => expressionOf(query));
  const written = valuesOf(block, 'PLpgSQL_stmt_execsql').flatMap(({ sqlstmt }) => expressionOf(sqlstmt));
  const texts = [
    ...written.map(({ query = '' }) => query),
    ...executed.flatMap(({ query = '' }) => dynamicText(query, parse) ?? []),
  ];
  return texts.flatMap((sql) => {
    const statements = parse(sql);
    return isNodes(statements) ? statements : [];
  });
}

function isNodes(parsed: ReturnType<Parser['parse']>): parsed is readonly Node[] {
  return Array.isArray(parsed);
}

/** The values of a key anywhere in a tree. */
function valuesOf(tree: unknown, key: string): Record<string, unknown>[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([name, value]: [string, unknown]) => [
    ...(name === key ? [value as Record<string, unknown>] : []),
    ...valuesOf(value, key),
  ]);
}

function expressionOf(holder: unknown): Expression[] {
  return valuesOf(holder, 'PLpgSQL_expr');
}

/** Stands for a name that only the running block knows. */
const SOME_NAME = 'bk_db_some_name';

/** The text that an expression of EXECUTE gives, with stand-ins for what is not constant; undefined when nothing is. */
function dynamicText(expression: string, parse: Parser['parse']): string | undefined {
  const parsed = parse(`select ${expression}`);
  if (!isNodes(parsed)) return undefined;
  const [target] = findAll(parsed, 'ResTarget');
  const text = textOf(target?.val);
  return text === SOME_NAME ? undefined : text;
}

function textOf(node: Node | undefined): string {
  const constant = fieldsOf(node, 'A_Const');
  if (constant !== undefined) return constant.sval?.sval ?? String(constant.ival?.ival ?? 0);
  const cast = fieldsOf(node, 'TypeCast');
  if (cast !== undefined) return textOf(cast.arg);
  const operation = fieldsOf(node, 'A_Expr');
  if (operation !== undefined && stringsOf(operation.name).at(-1) === '||') {
    return textOf(operation.lexpr) + textOf(operation.rexpr);
  }
  const call = fieldsOf(node, 'FuncCall');
  const args = call?.args ?? [];
  switch (stringsOf(call?.funcname).at(-1)) {
    case 'format':
      return textOf(args[0]).replace(
        /%(?:\d+\$)?(-?\d+)?([IsL%])/g,
        (_, __, kind: string) => FORMATTED[kind] ?? '',
      );
    case 'concat':
      return args.map(textOf).join('');
    case 'quote_literal':
    case 'quote_nullable':
      return "''";
    default:
      return SOME_NAME;
  }
}

const FORMATTED: Readonly<Record<string, string>> = { I: SOME_NAME, s: SOME_NAME, L: "''", '%': '%' };
