import type { Node, RangeVar } from 'libpg-query';
import { holdsForEveryRow } from './conditions.js';
import { DANGERS, type Danger } from './dangers.js';
import { fieldsOf, findAll, hasOption, listOf, type Fields } from './nodes.js';
import type { Scope } from './scope.js';

/** What a query does to rows, wherever in it an UPDATE, DELETE or MERGE stands. */
export function rowDangers(statement: Node, scope: Scope): readonly Danger[] {
  const explain = fieldsOf(statement, 'ExplainStmt');
  if (explain !== undefined && !hasOption(explain.options, 'analyze')) return [];
  const changes = [...findAll(statement, 'UpdateStmt'), ...findAll(statement, 'DeleteStmt')];
  const merges = findAll(statement, 'MergeStmt');
  return [
    ...changes.flatMap((change) => changeDangers(change, scope)),
    ...merges.flatMap((merge) => mergeDangers(merge, scope)),
    ...(readsLocked(statement, scope) ? [DANGERS.worksUnderLock] : []),
  ];
}

function changeDangers(
  { relation, whereClause }: Fields<'UpdateStmt'> | Fields<'DeleteStmt'>,
  scope: Scope,
): Danger[] {
  if (relation === undefined || scope.isNew(relation)) return [];
  return [
    ...(holdsForEveryRow(whereClause, relation) ? [DANGERS.changesEveryRow] : []),
    ...(scope.isLocked(relation) ? [DANGERS.worksUnderLock] : []),
  ];
}

function mergeDangers(merge: Fields<'MergeStmt'>, scope: Scope): Danger[] {
  const { relation, joinCondition, mergeWhenClauses } = merge;
  if (relation === undefined || scope.isNew(relation)) return [];
  const dangers = listOf(mergeWhenClauses, 'MergeWhenClause').flatMap((clause) =>
    isUnconditional(clause, relation) ? clauseDangers(clause, joinCondition, relation) : [],
  );
  return scope.isLocked(relation) ? [...dangers, DANGERS.worksUnderLock] : dangers;
}

function isUnconditional({ condition }: Fields<'MergeWhenClause'>, table: RangeVar): boolean {
  return holdsForEveryRow(condition, table);
}

function clauseDangers(
  { matchKind, commandType }: Fields<'MergeWhenClause'>,
  join: Node | undefined,
  table: RangeVar,
): Danger[] {
  if (commandType === 'CMD_DELETE') return [DANGERS.mergeDeletes];
  if (commandType !== 'CMD_UPDATE') return [];
  const all = matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE' || holdsForEveryRow(join, table);
  return all ? [DANGERS.changesEveryRow] : [];
}

/** Rows copied out of a table that the file has locked. */
function readsLocked(statement: Node, scope: Scope): boolean {
  const copies = fieldsOf(statement, 'InsertStmt') ?? fieldsOf(statement, 'CreateTableAsStmt');
  return copies !== undefined && findAll(copies, 'RangeVar').some((table) => scope.isLocked(table));
}
