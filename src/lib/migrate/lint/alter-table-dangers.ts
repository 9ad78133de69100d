import type { Node, RangeVar } from 'libpg-query';
import { keepsStorage } from './column-types.js';
import { DANGERS, type Danger } from './dangers.js';
import { fieldsOf, findAll, listOf, stringsOf, typeNameOf, type Fields } from './nodes.js';
import type { Scope } from './scope.js';

/** What the actions of one ALTER TABLE (or INDEX, VIEW, TYPE) do. */
export function alterTableDangers(
  { relation, cmds }: Fields<'AlterTableStmt'>,
  scope: Scope,
): readonly Danger[] {
  const actions = listOf(cmds, 'AlterTableCmd');
  const dangers = actions.flatMap((action) => {
    const found = typeDangers(action, relation, scope) ?? actionDangers(action, scope);
    if (relation !== undefined) learnColumns(action, relation, scope);
    return found;
  });
  if (scope.isNew(relation)) return [];
  const underLock =
    scope.isLocked(relation) && actions.some(({ subtype }) => subtype === 'AT_ValidateConstraint');
  if (actions.some(keepsOthersOut)) scope.lock(relation);
  return underLock ? [...dangers, DANGERS.worksUnderLock] : dangers;
}

/** Actions whose lock lets others read and write. */
const GENTLE: readonly Fields<'AlterTableCmd'>['subtype'][] = [
  'AT_ValidateConstraint',
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_AttachPartition',
];

function keepsOthersOut({ subtype, def }: Fields<'AlterTableCmd'>): boolean {
  return !GENTLE.includes(subtype) && fieldsOf(def, 'PartitionCmd')?.concurrent !== true;
}

/** What a change of type does; undefined for other actions. */
function typeDangers(
  { subtype, name, def }: Fields<'AlterTableCmd'>,
  relation: RangeVar | undefined,
  scope: Scope,
): readonly Danger[] | undefined {
  if (subtype !== 'AT_AlterColumnType') return undefined;
  const { typeName, raw_default: using, collClause } = fieldsOf(def, 'ColumnDef') ?? {};
  const before = relation === undefined ? undefined : scope.columns.of(relation, name);
  const isKnown =
    before !== undefined && typeName !== undefined && using === undefined && collClause === undefined;
  return isKnown && keepsStorage(before, typeName) ? [] : [DANGERS.rewritesForType];
}

function learnColumns(
  { subtype, name, def }: Fields<'AlterTableCmd'>,
  table: RangeVar,
  { columns }: Scope,
): void {
  const column = fieldsOf(def, 'ColumnDef');
  if (subtype === 'AT_AddColumn' && column !== undefined) columns.set(table, column);
  else if (subtype === 'AT_AlterColumnType')
    columns.set(table, { ...column, ...(name !== undefined && { colname: name }) });
  else if (subtype === 'AT_DropColumn') columns.forget(table, name);
}

function actionDangers(action: Fields<'AlterTableCmd'>, scope: Scope): readonly Danger[] {
  const { subtype, def, behavior } = action;
  switch (subtype) {
    case 'AT_AddColumn':
      return columnDangers(fieldsOf(def, 'ColumnDef') ?? {}, scope);
    case 'AT_AddConstraint':
      return constraintDangers(fieldsOf(def, 'Constraint') ?? {});
    case 'AT_DropConstraint':
      return behavior === 'DROP_CASCADE' ? [DANGERS.dropsCascading] : [];
    case 'AT_SetNotNull':
      return [DANGERS.scansForNulls];
    case 'AT_DropNotNull':
      return [DANGERS.allowsNulls];
    case 'AT_SetExpression':
      return [DANGERS.rewritesForValue];
    case 'AT_SetTableSpace':
    case 'AT_SetLogged':
    case 'AT_SetUnLogged':
    case 'AT_SetAccessMethod':
      return [DANGERS.movesStorage];
    case 'AT_DropColumn':
      return [DANGERS.losesColumn];
    case 'AT_AttachPartition':
      // An index that is attached is no partition with rows to check.
      return fieldsOf(def, 'PartitionCmd')?.bound === undefined ? [] : attachDangers(def, scope);
    case 'AT_DetachPartition':
      return fieldsOf(def, 'PartitionCmd')?.concurrent === true ? [] : [DANGERS.detachBlocks];
    default:
      return /^AT_(En|Dis)able\w*(Trig|Rule)/.test(subtype ?? '') ? [DANGERS.switchesTriggers] : [];
  }
}

function attachDangers(def: Node | undefined, scope: Scope): Danger[] {
  return scope.isNew(fieldsOf(def, 'PartitionCmd')?.name) ? [] : [DANGERS.validatesPartition];
}

/** Types that are an integer with a sequence of its own. */
const SERIAL = /^((big|small)?serial|serial[248])$/;

function columnDangers({ typeName, constraints }: Fields<'ColumnDef'>, scope: Scope): Danger[] {
  const rules = listOf(constraints, 'Constraint');
  const has = (type: Fields<'Constraint'>['contype']) => rules.some(({ contype }) => contype === type);
  const isSerial = SERIAL.test(typeNameOf(typeName));
  const isStored = rules.some((rule) => rule.contype === 'CONSTR_GENERATED' && rule.generated_kind !== 'v');
  const hasValue = isSerial || has('CONSTR_IDENTITY') || has('CONSTR_GENERATED') || has('CONSTR_DEFAULT');
  const defaults = rules.filter(({ contype }) => contype === 'CONSTR_DEFAULT');
  return [
    ...(isSerial || isStored || has('CONSTR_IDENTITY') ? [DANGERS.rewritesForValue] : []),
    ...(defaults.some(callsUnknownFunction) ? [DANGERS.rewritesForDefault] : []),
    ...((has('CONSTR_NOTNULL') || has('CONSTR_PRIMARY')) && !hasValue ? [DANGERS.failsOnRows] : []),
    ...(has('CONSTR_PRIMARY') || has('CONSTR_UNIQUE') ? [DANGERS.buildsIndex] : []),
    // Without a default there is nothing yet that a foreign key could check.
    ...(has('CONSTR_CHECK') || (has('CONSTR_FOREIGN') && hasValue) ? [DANGERS.validatesAtOnce] : []),
    ...(has('CONSTR_FOREIGN') && !hasValue ? referenceDangers(rules, scope) : []),
    ...(typeNameOf(typeName) === 'json' ? [DANGERS.json] : []),
  ];
}

function constraintDangers({ contype, skip_validation, indexname }: Fields<'Constraint'>): Danger[] {
  switch (contype) {
    case 'CONSTR_CHECK':
    case 'CONSTR_FOREIGN':
      return skip_validation === true ? [] : [DANGERS.validatesAtOnce];
    case 'CONSTR_NOTNULL':
      return skip_validation === true ? [] : [DANGERS.scansForNulls];
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
    case 'CONSTR_EXCLUSION':
      return indexname === undefined ? [DANGERS.buildsIndex] : [];
    default:
      return [];
  }
}

/** Foreign keys to tables that others use. */
export function referenceDangers(constraints: readonly Fields<'Constraint'>[], scope: Scope): Danger[] {
  const foreign = constraints.filter(({ contype }) => contype === 'CONSTR_FOREIGN');
  return foreign.some(({ pktable }) => !scope.isNew(pktable)) ? [DANGERS.locksReferenced] : [];
}

/** Functions that give one value for a whole statement. */
const STABLE_CALLS = new Set(
  'now statement_timestamp transaction_timestamp current_setting lower upper date_trunc to_timestamp to_date make_date make_time make_timestamp make_timestamptz make_interval json_build_object json_build_array jsonb_build_object jsonb_build_array array_fill md5 timezone concat length coalesce nullif to_char date_part extract replace trim btrim lpad rpad left right round floor ceil abs'.split(
    ' ',
  ),
);

/** True when a column's default calls a function that is not known to be stable. */
function callsUnknownFunction({ raw_expr }: Fields<'Constraint'>): boolean {
  return findAll(raw_expr === undefined ? [] : [raw_expr], 'FuncCall').some(({ funcname }) => {
    const names = stringsOf(funcname);
    const isBuiltIn = names.length === 1 || names[0] === 'pg_catalog';
    return !isBuiltIn || !STABLE_CALLS.has(names.at(-1) ?? '');
  });
}
