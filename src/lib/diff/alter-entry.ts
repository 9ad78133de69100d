import type { TocEntry } from '../backup/index.js';
import { quoteIdentifier } from '../core/database.js';
import { splitScript } from '../migrate/index.js';
import type { TableShape } from './read-schema.js';

/** The statement that takes an object away again; undefined where that goes with something else. */
export function dropEntry({ desc, definition, dropStatement }: TocEntry): string[] {
  const text = (definition ?? '').trim();
  if (desc === 'COMMENT') return [text.replace(/ IS E?'[\s\S]*$/, ' IS NULL;')];
  if (desc === 'ACL' || desc === 'DEFAULT ACL') return inverseGrants(text);
  const published = PUBLISHED.exec(text);
  if (published !== null) return [`${published[1] ?? ''} DROP ${published[2] ?? ''};`];
  if (desc === 'ROW SECURITY')
    return [text.replace(' ENABLE ', ' DISABLE ').replace(' FORCE ', ' NO FORCE ')];
  const identity = IDENTITY.exec(text)?.[1];
  if (identity !== undefined) return [`${identity} DROP IDENTITY;`];
  if (desc === 'SEQUENCE OWNED BY') return [text.replace(/ OWNED BY [\s\S]*$/, ' OWNED BY NONE;')];
  const drop = (dropStatement ?? '').trim();
  if (drop === '') return [];
  // It may have gone with its column.
  return [desc === 'SEQUENCE' ? drop.replace('DROP SEQUENCE ', 'DROP SEQUENCE IF EXISTS ') : drop];
}

/** `ALTER PUBLICATION p ADD TABLE ONLY s.t (columns) WHERE ...`, of which a DROP wants the name alone. */
const PUBLISHED =
  /^(ALTER PUBLICATION (?:"(?:[^"]|"")+"|\S+)) ADD (TABLES IN SCHEMA (?:"(?:[^"]|"")+"|[^\s;]+)|TABLE ONLY (?:"(?:[^"]|"")+"|[^\s."]+)\.(?:"(?:[^"]|"")+"|[^\s.";]+))/;

/** The statements that make an object. */
export function createEntry({ desc, definition }: TocEntry): string[] {
  const statements = splitScript(definition ?? '').statements.map(({ text }) => text);
  if (desc !== 'MATERIALIZED VIEW') return statements;
  return statements.map((text) => text.replace(/\s+WITH NO DATA;$/, '\n  WITH DATA;'));
}

/** How an object is changed where it stands. */
export interface Alteration {
  readonly now: readonly string[];
  /** When everything else is done. */
  readonly last: readonly string[];
}

/**
 * How to change an object where it stands; undefined where it has to be dropped and made anew. Columns of an
 * enumeration that loses labels are in `tables`.
 */
export function alterEntry(
  from: TocEntry,
  to: TocEntry,
  tables: ReadonlyMap<string, TableShape>,
): Alteration | undefined {
  if (to.desc === 'TYPE') return alterEnum(from, to, tables);
  const now = restate(from, to);
  return now === undefined ? undefined : { now, last: [] };
}

function restate(from: TocEntry, to: TocEntry): string[] | undefined {
  const text = (to.definition ?? '').trim();
  switch (to.desc) {
    case 'COMMENT':
    case 'SEQUENCE OWNED BY':
      return [text];
    case 'ACL':
    case 'DEFAULT ACL':
      return [...inverseGrants(from.definition ?? ''), ...createEntry(to)];
    case 'SEQUENCE':
      return restateSequence(from.definition ?? '', text);
    case 'FUNCTION':
    case 'PROCEDURE':
      return headOf(from) === headOf(to)
        ? [text.replace(/^CREATE (FUNCTION|PROCEDURE) /, 'CREATE OR REPLACE $1 ')]
        : undefined;
    default:
      return undefined;
  }
}

/** `ALTER TABLE s.t ALTER COLUMN c`, the kind of identity, the options of its sequence. */
const IDENTITY =
  /^(ALTER TABLE [\s\S]+? ALTER COLUMN (?:"(?:[^"]|"")+"|\S+)) ADD GENERATED (ALWAYS|BY DEFAULT) AS IDENTITY \(([\s\S]*)\);$/;

/** Whose identity an entry is. */
export interface IdentityPlace {
  /** Qualified and quoted as pg_dump does. */
  readonly table: string;
  readonly column: string;
}

/** The place of an identity column's sequence; undefined for any other entry. */
export function identityPlace({ desc, definition }: TocEntry): IdentityPlace | undefined {
  const head = desc === 'SEQUENCE' ? IDENTITY.exec((definition ?? '').trim())?.[1] : undefined;
  const place = /^ALTER TABLE (?:ONLY )?([\s\S]+) ALTER COLUMN ([\s\S]+)$/.exec(head ?? '');
  if (place === null) return undefined;
  const [, table = '', column = ''] = place;
  return { table, column: column.startsWith('"') ? column.slice(1, -1).replaceAll('""', '"') : column };
}

/** The next value stays what it was. */
function restateSequence(from: string, to: string): string[] | undefined {
  if (to.startsWith('CREATE SEQUENCE ')) {
    const changed = to.replace(/^CREATE SEQUENCE /, 'ALTER SEQUENCE ');
    // pg_dump does not say bigint.
    const becomesBig = / AS (smallint|integer)\b/.test(from) && !/ AS (smallint|integer)\b/.test(to);
    return [becomesBig ? changed.replace(/\n/, '\n    AS bigint\n') : changed];
  }
  const identity = IDENTITY.exec(to);
  if (identity === null || !IDENTITY.test(from.trim())) return undefined;
  const [, column = '', kind = '', list = ''] = identity;
  const options = list.split('\n').map((line) => line.trim());
  const set = options.filter((option) => option !== '' && !option.startsWith('SEQUENCE NAME '));
  return [`${column} SET GENERATED ${kind}${set.map((option) => ` SET ${option}`).join('')};`];
}

/** Name, arguments and result, which CREATE OR REPLACE cannot change. */
function headOf({ definition }: TocEntry): string {
  return (definition ?? '').split(/\n\s+LANGUAGE /)[0] ?? '';
}

function inverseGrants(text: string): string[] {
  const statements = splitScript(text).statements.map((statement) => statement.text);
  return statements.reverse().map((statement) =>
    /\bREVOKE [\s\S]* FROM /.test(statement)
      ? statement.replace(/\bREVOKE /, 'GRANT ').replace(/ FROM (?=[^\s;]+;$|"[^"]+";$)/, ' TO ')
      : statement
          .replace(/\bGRANT /, 'REVOKE ')
          .replace(/ WITH GRANT OPTION;$/, ';')
          .replace(/ TO (?=[^\s;]+;$|"[^"]+";$)/, ' FROM '),
  );
}

const ENUM = /^CREATE TYPE (\S+|.*?) AS ENUM \(([\s\S]*)\);$/;

function alterEnum(
  from: TocEntry,
  to: TocEntry,
  tables: ReadonlyMap<string, TableShape>,
): Alteration | undefined {
  const [old, now] = [ENUM.exec((from.definition ?? '').trim()), ENUM.exec((to.definition ?? '').trim())];
  const name = now?.[1];
  if (old === null || now === null || name === undefined) return undefined;
  const [had, has] = [labelsOf(old[2] ?? ''), labelsOf(now[2] ?? '')];
  const kept = has.filter((label) => had.includes(label));
  if (kept.join() !== had.join()) return recreateEnum(to, name, tables);
  const added = has.flatMap((label, index) => {
    if (had.includes(label)) return [];
    const place = index === 0 ? ` BEFORE ${had[0] ?? label}` : ` AFTER ${has[index - 1] ?? label}`;
    return [`ALTER TYPE ${name} ADD VALUE ${label}${had.length === 0 ? '' : place};`];
  });
  return { now: added, last: [] };
}

/** Labels cannot be taken away, so that columns move on to a new type. */
function recreateEnum(to: TocEntry, name: string, tables: ReadonlyMap<string, TableShape>): Alteration {
  const retired = quoteIdentifier(`${to.tag}__old`);
  const schema = name.slice(0, name.length - quoteIdentifierAsDumped(to.tag).length);
  const columns = [...tables.values()].flatMap((table) =>
    table.columns.filter(({ type }) => type === name).map((column) => ({ table, column })),
  );
  const now = [
    `ALTER TYPE ${name} RENAME TO ${retired};`,
    ...createEntry(to),
    ...columns.flatMap(({ table, column: { name: column, defaultExpression } }) => {
      const alter = `ALTER TABLE ${table.name} ALTER COLUMN ${quoteIdentifier(column)}`;
      return [
        ...(defaultExpression === null ? [] : [`${alter} DROP DEFAULT;`]),
        `${alter} TYPE ${name} USING ${quoteIdentifier(column)}::text::${name};`,
        ...(defaultExpression === null ? [] : [`${alter} SET DEFAULT ${defaultExpression};`]),
      ];
    }),
  ];
  return { now, last: [`DROP TYPE ${schema}${retired};`] };
}

function quoteIdentifierAsDumped(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteIdentifier(name);
}

function labelsOf(list: string): string[] {
  return list.match(/'(?:[^']|'')*'/g) ?? [];
}
