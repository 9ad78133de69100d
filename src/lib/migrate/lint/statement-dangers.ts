import type { Node, RangeVar } from 'libpg-query';
import { alterTableDangers, referenceDangers } from './alter-table-dangers.js';
import { DANGERS, type Danger } from './dangers.js';
import { dropDangers } from './drop-dangers.js';
import {
  fieldsOf,
  findAll,
  hasOption,
  listOf,
  nameOf,
  nameOfList,
  type Fields,
  type NodeKind,
} from './nodes.js';
import { rowDangers } from './row-dangers.js';
import type { Scope } from './scope.js';
import { settingDangers } from './setting-dangers.js';

/** What a statement does to a database in use; the scope learns what it creates and locks. */
export function statementDangers(statement: Node, scope: Scope): readonly Danger[] {
  // A node is an object with one key, its kind.
  const [[kind, fields]] = Object.entries(statement) as [[NodeKind, unknown]];
  const rule = RULES[kind] as Rule<unknown> | undefined;
  const dangers = rule?.(fields, scope) ?? [];
  if (!QUERIES.has(kind)) return dangers;
  return [...dangers, ...rowDangers(statement, scope), ...settingDangers(statement)];
}

const QUERIES: ReadonlySet<NodeKind> = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CreateTableAsStmt',
  'ExplainStmt',
  'CopyStmt',
  'VariableSetStmt',
  'DiscardStmt',
]);

type Rule<F> = (fields: F, scope: Scope) => readonly Danger[];
type Rules = { readonly [K in NodeKind]?: Rule<Fields<K>> };

const RULES: Rules = {
  AlterTableStmt: alterTableDangers,
  AlterTableMoveAllStmt: () => [DANGERS.movesStorage],
  AlterDomainStmt: domainDangers,
  AlterEnumStmt: ({ oldVal }) => (oldVal === undefined ? [] : [DANGERS.renamesValue]),
  AlterObjectSchemaStmt: ({ relation }, scope) => (scope.isNew(relation) ? [] : [DANGERS.renames]),
  ClusterStmt: ({ relation }, scope) => (scope.isNew(relation) ? [] : [DANGERS.vacuumFull]),
  CreateStmt: createTableDangers,
  CreateTableAsStmt: ({ into, if_not_exists }, scope) => creates(into?.rel, if_not_exists, scope),
  CreateForeignTableStmt: ({ base }, scope) => creates(base?.relation, base?.if_not_exists, scope),
  CreateSeqStmt: ({ sequence, if_not_exists }, scope) => creates(sequence, if_not_exists, scope),
  CompositeTypeStmt: ({ typevar }, scope) => creates(typevar, false, scope),
  ViewStmt: ({ view, replace }, scope) => creates(view, replace, scope),
  SelectStmt: ({ intoClause }, scope) => creates(intoClause?.rel, false, scope),
  CreateSchemaStmt: ({ schemaElts = [] }, scope) =>
    schemaElts.flatMap((element) => statementDangers(element, scope)),
  CreateTrigStmt: triggerDangers,
  RuleStmt: ({ relation }, scope) => changesRules(relation, scope),
  DropStmt: dropDangers,
  DropdbStmt: () => [DANGERS.losesData],
  DropOwnedStmt: () => [DANGERS.losesData],
  IndexStmt: indexDangers,
  LockStmt: ({ relations }, scope) => (allNew(relations, scope) ? [] : [DANGERS.lockTable]),
  RefreshMatViewStmt: ({ relation, concurrent }, scope) =>
    concurrent === true || scope.isNew(relation) ? [] : [DANGERS.refreshBlocksReads],
  ReindexStmt: ({ relation, params }, scope) =>
    hasOption(params, 'concurrently') || scope.isNew(relation) ? [] : [DANGERS.reindexBlocks],
  RenameStmt: renameDangers,
  TruncateStmt: ({ relations }, scope) => (allNew(relations, scope) ? [] : [DANGERS.losesData]),
  VacuumStmt: ({ options }) => (hasOption(options, 'full') ? [DANGERS.vacuumFull] : []),
};

function allNew(relations: readonly Node[] | undefined, scope: Scope): boolean {
  return listOf(relations, 'RangeVar').every((relation) => scope.isNew(relation));
}

/** What may have been there before is not new. */
function creates(
  relation: RangeVar | undefined,
  maybe: boolean | undefined,
  scope: Scope,
): readonly Danger[] {
  if (maybe !== true) scope.create(relation);
  return [];
}

function createTableDangers(
  { relation, tableElts, if_not_exists }: Fields<'CreateStmt'>,
  scope: Scope,
): readonly Danger[] {
  creates(relation, if_not_exists, scope);
  if (relation !== undefined && if_not_exists !== true) {
    scope.columns.create(relation, listOf(tableElts, 'ColumnDef'));
  }
  const ownName = relation === undefined ? '' : nameOf(relation);
  const others = findAll(tableElts, 'Constraint').filter(
    ({ pktable }) => pktable !== undefined && nameOf(pktable) !== ownName,
  );
  return referenceDangers(others, scope);
}

function indexDangers(
  { relation, idxname, concurrent, if_not_exists }: Fields<'IndexStmt'>,
  scope: Scope,
): readonly Danger[] {
  if (idxname !== undefined && relation !== undefined) {
    creates({ ...relation, relname: idxname }, if_not_exists, scope);
  }
  return concurrent === true || scope.isNew(relation) ? [] : [DANGERS.indexBlocksWrites];
}

function triggerDangers({ relation }: Fields<'CreateTrigStmt'>, scope: Scope): readonly Danger[] {
  if (scope.isNew(relation)) return [];
  scope.lock(relation);
  return [DANGERS.triggerLocks];
}

function changesRules(relation: RangeVar | undefined, scope: Scope): readonly Danger[] {
  if (scope.isNew(relation)) return [];
  scope.lock(relation);
  return [DANGERS.changesRules];
}

function domainDangers({ subtype, def }: Fields<'AlterDomainStmt'>): readonly Danger[] {
  // The letters are PostgreSQL's own: O sets NOT NULL, C adds a constraint.
  if (subtype === 'O') return [DANGERS.validatesDomain];
  if (subtype !== 'C' || fieldsOf(def, 'Constraint')?.skip_validation === true) return [];
  return [DANGERS.validatesDomain];
}

/** Nobody asks for these by their name. */
const UNNAMED: readonly Fields<'RenameStmt'>['renameType'][] = [
  'OBJECT_TABCONSTRAINT',
  'OBJECT_DOMCONSTRAINT',
  'OBJECT_INDEX',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
];

function renameDangers(
  { renameType, relation, object, subname, newname = '' }: Fields<'RenameStmt'>,
  scope: Scope,
): readonly Danger[] {
  if (UNNAMED.includes(renameType)) return [];
  if (relation !== undefined)
    scope.columns.forget(relation, renameType === 'OBJECT_COLUMN' ? subname : undefined);
  if (scope.isNew(relation ?? nameOfList(fieldsOf(object, 'List')?.items))) {
    if (relation !== undefined && renameType !== 'OBJECT_COLUMN') scope.rename(relation, newname);
    return [];
  }
  scope.lock(relation);
  return [
    renameType === 'OBJECT_COLUMN' || renameType === 'OBJECT_TABLE' ? DANGERS.renamesColumn : DANGERS.renames,
  ];
}
