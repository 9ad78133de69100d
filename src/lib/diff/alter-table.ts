import { quoteIdentifier } from '../core/database.js';
import type { ColumnShape, TableShape } from './read-schema.js';

/** Statements to run now, and those that wait for rows to be looked through, which others may use meanwhile. */
export interface Statements {
  readonly now: readonly string[];
  readonly later: readonly string[];
}

export interface AlterOptions {
  /** Whether constraints on rows that are there already are added without a look at them, which follows later. */
  readonly safe: boolean;
}

/** Turns a table into another of the same name: columns, defaults, checks, storage. Pure. */
export function alterTable(from: TableShape, to: TableShape, { safe }: AlterOptions): Statements {
  const alter = (action: string) => `ALTER TABLE ${to.name} ${action};`;
  const before = new Map(from.columns.map((column) => [column.name, column]));
  const after = new Map(to.columns.map((column) => [column.name, column]));
  const later: string[] = [];
  const now: string[] = [];
  for (const name of Object.keys(from.checks))
    if (to.checks[name] !== from.checks[name]) now.push(alter(`DROP CONSTRAINT ${quoteIdentifier(name)}`));
  for (const column of from.columns)
    if (!after.has(column.name)) now.push(alter(`DROP COLUMN ${quoteIdentifier(column.name)}`));
  for (const column of to.columns) {
    const old = before.get(column.name);
    if (old === undefined) {
      now.push(alter(`ADD COLUMN ${columnDefinition(column)}`));
      continue;
    }
    now.push(...alterColumn(old, column).map(alter));
    if (column.notNull === old.notNull || old.identity !== null) continue;
    const target = `ALTER COLUMN ${quoteIdentifier(column.name)}`;
    if (!column.notNull) now.push(alter(`${target} DROP NOT NULL`));
    else if (!safe || column.identity !== null) now.push(alter(`${target} SET NOT NULL`));
    else {
      // A proved check spares SET NOT NULL its own look at every row under an exclusive lock.
      const check = quoteIdentifier(`${column.name}_not_null`);
      now.push(
        alter(`ADD CONSTRAINT ${check} CHECK (${quoteIdentifier(column.name)} IS NOT NULL) NOT VALID`),
      );
      later.push(
        alter(`VALIDATE CONSTRAINT ${check}`),
        alter(`${target} SET NOT NULL`),
        alter(`DROP CONSTRAINT ${check}`),
      );
    }
  }
  for (const [name, definition] of Object.entries(to.checks)) {
    if (from.checks[name] === definition) continue;
    const constraint = quoteIdentifier(name);
    const isValid = !definition.endsWith(' NOT VALID');
    now.push(alter(`ADD CONSTRAINT ${constraint} ${definition}${safe && isValid ? ' NOT VALID' : ''}`));
    if (safe && isValid) later.push(alter(`VALIDATE CONSTRAINT ${constraint}`));
  }
  if (from.isUnlogged !== to.isUnlogged) now.push(alter(to.isUnlogged ? 'SET UNLOGGED' : 'SET LOGGED'));
  now.push(...alterOptions(from.options, to.options).map(alter));
  const identity = IDENTITIES[to.replicaIdentity];
  if (from.replicaIdentity !== to.replicaIdentity && identity !== undefined)
    now.push(alter(`REPLICA IDENTITY ${identity}`));
  return { now, later };
}

const IDENTITIES: Readonly<Record<string, string>> = { d: 'DEFAULT', f: 'FULL', n: 'NOTHING' };

function columnDefinition({ name, type, collation, notNull, identity, ...rest }: ColumnShape): string {
  const parts = [quoteIdentifier(name), type];
  if (collation !== null) parts.push(`COLLATE ${collation}`);
  if (rest.generated !== null) parts.push(`GENERATED ALWAYS AS (${rest.generated}) STORED`);
  if (rest.defaultExpression !== null) parts.push(`DEFAULT ${rest.defaultExpression}`);
  if (identity !== null) parts.push(`GENERATED ${identity} AS IDENTITY`);
  else if (notNull) parts.push('NOT NULL');
  return parts.join(' ');
}

function alterColumn(from: ColumnShape, to: ColumnShape): string[] {
  const column = quoteIdentifier(to.name);
  if (from.generated !== to.generated) {
    if (to.generated === null) return [`ALTER COLUMN ${column} DROP EXPRESSION`];
    return [`DROP COLUMN ${column}`, `ADD COLUMN ${columnDefinition(to)}`];
  }
  const changesType = from.type !== to.type || from.collation !== to.collation;
  const changesDefault = from.defaultExpression !== to.defaultExpression;
  const actions: string[] = [];
  // The old default may not fit the new type.
  if (from.defaultExpression !== null && (changesType || changesDefault))
    actions.push(`ALTER COLUMN ${column} DROP DEFAULT`);
  if (changesType) {
    const collate = to.collation === null ? '' : ` COLLATE ${to.collation}`;
    const using = castsByItself(from.type, to.type) ? '' : ` USING ${column}::${to.type}`;
    actions.push(`ALTER COLUMN ${column} TYPE ${to.type}${collate}${using}`);
  }
  if (to.defaultExpression !== null && (changesType || changesDefault))
    actions.push(`ALTER COLUMN ${column} SET DEFAULT ${to.defaultExpression}`);
  return actions;
}

/** Types of one family the server converts by itself, and refuses a value that does not fit; a cast would cut it. */
const FAMILIES: readonly RegExp[] = [
  /^(text|character varying|character|name)\b/,
  /^(smallint|integer|bigint|numeric|real|double precision)\b/,
  /^(date|timestamp)\b/,
];

function castsByItself(from: string, to: string): boolean {
  return from === to || FAMILIES.some((family) => family.test(from) && family.test(to));
}

function alterOptions(from: readonly string[], to: readonly string[]): string[] {
  const nameOf = (option: string) => option.split('=')[0] ?? option;
  const kept = new Set(to.map(nameOf));
  const gone = from.map(nameOf).filter((name) => !kept.has(name));
  const set = to.filter((option) => !from.includes(option));
  return [
    ...(gone.length === 0 ? [] : [`RESET (${gone.join(', ')})`]),
    ...(set.length === 0 ? [] : [`SET (${set.join(', ')})`]),
  ];
}
