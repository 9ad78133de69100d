import type { RangeVar } from 'libpg-query';
import { listOf, nameOf, typeNameOf, type Fields } from './nodes.js';

type TypeName = Fields<'TypeName'>;

/** The types that columns have, as far as the files read so far say. */
export class ColumnTypes {
  readonly #tables = new Map<string, Map<string, TypeName>>();

  /** A table that is made is what this says, whatever there was under its name. */
  create(table: RangeVar, columns: readonly Fields<'ColumnDef'>[]): void {
    this.#tables.set(nameOf(table), new Map());
    for (const column of columns) this.set(table, column);
  }

  set(table: RangeVar, { colname, typeName }: Fields<'ColumnDef'>): void {
    if (colname === undefined || typeName === undefined) return;
    const columns = this.#tables.get(nameOf(table)) ?? new Map<string, TypeName>();
    this.#tables.set(nameOf(table), columns.set(colname, typeName));
  }

  /** After a change of name the old one says nothing any more. */
  forget(table: RangeVar, column: string | undefined): void {
    if (column === undefined) this.#tables.delete(nameOf(table));
    else this.#tables.get(nameOf(table))?.delete(column);
  }

  of(table: RangeVar, column: string | undefined): TypeName | undefined {
    return this.#tables.get(nameOf(table))?.get(column ?? '');
  }
}

/** True when a column may change from one type to the other without being written anew. */
export function keepsStorage(from: TypeName, to: TypeName): boolean {
  if ([from, to].some(({ arrayBounds, setof }) => arrayBounds !== undefined || setof === true)) return false;
  const [before, after] = [typeNameOf(from), typeNameOf(to)];
  const [had, has] = [modifiersOf(from), modifiersOf(to)];
  if (before !== after) return TO_WIDER.has(`${before} ${after}`) && has.length === 0;
  if (has.length === 0) return GROWING.has(after) || had.length === 0;
  if (had.length === 0 || !GROWING.has(after)) return false;
  const [[size = 0, scale = 0], [newSize = 0, newScale = 0]] = [had, has];
  return newSize >= size && scale === newScale;
}

/** Different names, the same bytes. */
const TO_WIDER = new Set(['varchar text', 'text varchar', 'cidr inet']);
/** Types whose limit may grow, or go. */
const GROWING = new Set(['varchar', 'varbit', 'numeric', 'time', 'timetz', 'timestamp', 'timestamptz']);

function modifiersOf({ typmods }: TypeName): number[] {
  return listOf(typmods, 'A_Const').map(({ ival }) => ival?.ival ?? 0);
}
