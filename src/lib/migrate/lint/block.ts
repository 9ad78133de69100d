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
  const expressions = new Expressions(parse, block);
  const executed = valuesOf(block, 'PLpgSQL_stmt_dynexecute').flatMap(({ query }) => expressionOf(query));
  const written = valuesOf(block, 'PLpgSQL_stmt_execsql').flatMap(({ sqlstmt }) => expressionOf(sqlstmt));
  const texts = [
    ...written.map(({ query = '' }) => query),
    ...executed.flatMap(({ query = '' }) => expressions.textsOf(query)),
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

/** The texts that a block's expressions give, with stand-ins for what is not constant. */
class Expressions {
  readonly #parse: Parser['parse'];
  /** What each variable is given somewhere in the block. */
  readonly #variables = new Map<string, string[]>();

  constructor(parse: Parser['parse'], block: unknown) {
    this.#parse = parse;
    for (const { refname, default_val } of valuesOf(block, 'PLpgSQL_var')) {
      for (const { query = '' } of expressionOf(default_val)) this.#assign(String(refname), query);
    }
    for (const { expr } of valuesOf(block, 'PLpgSQL_stmt_assign')) {
      for (const { query = '' } of expressionOf(expr)) {
        const [, name, value] = /^\s*"?(\w+)"?\s*:?=(.*)$/s.exec(query) ?? [];
        if (name !== undefined && value !== undefined) this.#assign(name.toLowerCase(), value);
      }
    }
  }

  #assign(name: string, expression: string): void {
    this.#variables.set(name, [...(this.#variables.get(name) ?? []), ...this.textsOf(expression)]);
  }

  /** What an expression may give; nothing where no part of it is constant. */
  textsOf(expression: string): readonly string[] {
    const parsed = this.#parse(`select ${expression}`);
    if (!isNodes(parsed)) return [];
    const [target] = findAll(parsed, 'ResTarget');
    const texts = this.#variableOf(target?.val) ?? [this.#textOf(target?.val)];
    return texts.filter((text) => text !== SOME_NAME);
  }

  #variableOf(node: Node | undefined): readonly string[] | undefined {
    const [name, ...more] = stringsOf(fieldsOf(node, 'ColumnRef')?.fields);
    return name === undefined || more.length > 0 ? undefined : this.#variables.get(name);
  }

  #textOf(node: Node | undefined): string {
    const constant = fieldsOf(node, 'A_Const');
    if (constant !== undefined) return constant.sval?.sval ?? String(constant.ival?.ival ?? 0);
    const cast = fieldsOf(node, 'TypeCast');
    if (cast !== undefined) return this.#textOf(cast.arg);
    const operation = fieldsOf(node, 'A_Expr');
    if (operation !== undefined && stringsOf(operation.name).at(-1) === '||') {
      return this.#textOf(operation.lexpr) + this.#textOf(operation.rexpr);
    }
    const call = fieldsOf(node, 'FuncCall');
    const args = call?.args ?? [];
    switch (stringsOf(call?.funcname).at(-1)) {
      case 'format':
        return this.#textOf(args[0]).replace(
          /%(?:\d+\$)?(?:-?\d+)?([IsL%])/g,
          (_, kind: string) => FORMATTED[kind] ?? '',
        );
      case 'concat':
        return args.map((arg) => this.#textOf(arg)).join('');
      case 'quote_literal':
      case 'quote_nullable':
        return "''";
      default:
        return this.#variableOf(node)?.[0] ?? SOME_NAME;
    }
  }
}

const FORMATTED: Readonly<Record<string, string>> = { I: SOME_NAME, s: SOME_NAME, L: "''", '%': '%' };
