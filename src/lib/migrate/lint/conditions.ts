import type { Node, RangeVar } from 'libpg-query';
import { fieldsOf, findAll, isSameTree, listOf, nameOf, stringsOf, type Fields } from './nodes.js';

/** True when a condition holds for every row of the table, as far as its text alone can tell. */
export function holdsForEveryRow(condition: Node | undefined, table: RangeVar): boolean {
  if (condition === undefined) return true;
  const logic = fieldsOf(condition, 'BoolExpr');
  const parts = logic?.args ?? [];
  if (logic?.boolop === 'AND_EXPR') return parts.every((part) => holdsForEveryRow(part, table));
  if (logic?.boolop === 'OR_EXPR') {
    return parts.some((part) => holdsForEveryRow(part, table)) || leavesNothingOut(parts);
  }
  if (logic?.boolop === 'NOT_EXPR') return parts.every(isFalse);
  const comparison = fieldsOf(condition, 'A_Expr');
  if (comparison !== undefined && isOperator(comparison, '=') && compares(comparison)) return true;
  const members = membersOf(condition);
  if (members !== undefined && readsWholeTable(members, table)) return true;
  return !isFalse(condition) && !dependsOnRow(condition);
}

/** The subselect of `id in (select ...)` and `id = any (array (select ...))`. */
function membersOf(condition: Node): Node | undefined {
  const comparison = fieldsOf(condition, 'A_Expr');
  const isAny = comparison?.kind === 'AEXPR_OP_ANY';
  const sublink = fieldsOf(isAny ? comparison.rexpr : condition, 'SubLink');
  return sublink?.subLinkType === (isAny ? 'ARRAY_SUBLINK' : 'ANY_SUBLINK') ? sublink.subselect : undefined;
}

/** `a is null or a is not null`. */
function leavesNothingOut(parts: readonly Node[]): boolean {
  const tests = listOf(parts, 'NullTest');
  return tests.some((test) =>
    tests.some((other) => test.nulltesttype !== other.nulltesttype && isSameTree(test.arg, other.arg)),
  );
}

/** `1 = 1` and `id = id`. */
function compares({ lexpr, rexpr }: Fields<'A_Expr'>): boolean {
  return lexpr !== undefined && isSameTree(lexpr, rexpr);
}

function isOperator({ kind, name }: Fields<'A_Expr'>, operator: string): boolean {
  return kind === 'AEXPR_OP' && stringsOf(name).at(-1) === operator;
}

/** Constants that are never true: FALSE, NULL, `1 = 0`, `1 <> 1`. */
function isFalse(condition: Node): boolean {
  const constant = fieldsOf(condition, 'A_Const');
  if (constant !== undefined) return constant.isnull === true || constant.boolval?.boolval === undefined;
  const comparison = fieldsOf(condition, 'A_Expr');
  if (comparison === undefined || !isConstant(comparison.lexpr) || !isConstant(comparison.rexpr))
    return false;
  return isOperator(comparison, '<>') ? compares(comparison) : isOperator(comparison, '=');
}

function isConstant(node: Node | undefined): boolean {
  return fieldsOf(node, 'A_Const') !== undefined;
}

/** `id in (select id from the_same_table)`. */
function readsWholeTable(subselect: Node | undefined, table: RangeVar): boolean {
  const select = fieldsOf(subselect, 'SelectStmt');
  const [source, ...more] = select?.fromClause ?? [];
  const read = fieldsOf(source, 'RangeVar');
  if (select === undefined || read === undefined || more.length > 0 || nameOf(read) !== nameOf(table))
    return false;
  const { whereClause, limitCount, limitOffset, havingClause } = select;
  const restricts = [limitCount, limitOffset, havingClause].some((clause) => clause !== undefined);
  return !restricts && holdsForEveryRow(whereClause, table);
}

/** False when it comes out the same for all rows: no column of theirs occurs in it, nor chance. */
function dependsOnRow(condition: Node): boolean {
  if (findAll(condition, 'CurrentOfExpr').length > 0) return true;
  const isRandom = findAll(condition, 'FuncCall').some(({ funcname }) =>
    stringsOf(funcname).at(-1)?.startsWith('random'),
  );
  return isRandom || columnsOf(condition).length > 0;
}

/** Columns that may be the row's own: those of a subselect's tables are not. */
function columnsOf(tree: unknown): readonly string[][] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'ColumnRef') return [stringsOf((value as Fields<'ColumnRef'>).fields)];
    if (key !== 'SelectStmt') return columnsOf(value);
    return outerColumnsOf(value as Fields<'SelectStmt'>);
  });
}

/** A column without a qualifier is the subselect's own in its target list, and may be the row's in its condition. */
function outerColumnsOf(select: Fields<'SelectStmt'>): readonly string[][] {
  const { fromClause = [], whereClause, ...rest } = select;
  const own = new Set(
    findAll(fromClause, 'RangeVar').map(({ alias, relname = '' }) => alias?.aliasname ?? relname),
  );
  const isOuter = (names: readonly string[]) => {
    const [qualifier] = names.slice(-2, -1);
    return qualifier !== undefined && !own.has(qualifier);
  };
  const inCondition = columnsOf([fromClause, whereClause]).filter(
    (names) => names.length === 1 || isOuter(names),
  );
  return [...columnsOf(rest).filter(isOuter), ...inCondition];
}
