import * as z from 'zod';
import type { Encoding, ValueType } from './encode.js';

/** Whether a new row must give the column, may give it, or never does. */
export type CreateMode = 'required' | 'optional' | 'never';

interface ColumnFacts extends ValueType {
  readonly nullable: boolean;
  readonly create: CreateMode;
  /** The server fills the column when a new row leaves it out. */
  readonly hasDefault: boolean;
  readonly patchable: boolean;
  readonly sortable: boolean;
}

/**
 * A column of a table: its type on the server, its shape in rows, and who may write it.
 * As made by `uuid()`, `text()` ... it is required in a new row, can be changed later, and is not sorted by.
 */
export class Column<
  Value = unknown,
  Create extends CreateMode = CreateMode,
  Patchable extends boolean = boolean,
> {
  declare readonly modes: { readonly create: Create; readonly patchable: Patchable };
  readonly facts: ColumnFacts;
  readonly schema: z.ZodType<Value>;

  constructor(schema: z.ZodType<Value>, facts: ColumnFacts) {
    this.schema = schema;
    this.facts = facts;
  }

  /** May be null, and is null when a new row leaves it out. */
  nullable(): Column<Value | null, Create extends 'never' ? 'never' : 'optional', Patchable> {
    const create = this.facts.create === 'never' ? 'never' : 'optional';
    return new Column(z.nullable(this.schema), { ...this.facts, nullable: true, create });
  }

  /** The server has a default for it. */
  withDefault(): Column<Value, 'optional', Patchable> {
    return new Column(this.schema, { ...this.facts, create: 'optional', hasDefault: true });
  }

  /** Written once, with the row. */
  fixed(): Column<Value, Create, false> {
    return new Column(this.schema, { ...this.facts, patchable: false });
  }

  /** Written by the server or by the repository's own statements only. */
  managed(): Column<Value, 'never', false> {
    return new Column(this.schema, { ...this.facts, create: 'never', hasDefault: true, patchable: false });
  }

  /** Pages may be ordered by it: an index supports that. */
  sortable(): Column<Value, Create, Patchable> {
    return new Column(this.schema, { ...this.facts, sortable: true });
  }
}

type NewColumn<Value> = Column<Value, 'required', true>;

function column<Value>(pgType: string, encoding: Encoding, schema: z.ZodType<Value>): NewColumn<Value> {
  return new Column(schema, {
    pgType,
    encoding,
    nullable: false,
    create: 'required',
    hasDefault: false,
    patchable: true,
    sortable: false,
  });
}

/** A JSON object as jsonb holds it. */
export type JsonObject = Readonly<Record<string, unknown>>;

const isJsonObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

export const uuid = () => column('uuid', 'text', z.string());
export const text = () => column('text', 'text', z.string());
export const smallint = () => column('int2', 'number', z.number());
export const integer = () => column('int4', 'number', z.number());
/** 64 bits, a decimal string: a JS number would lose digits. */
export const bigint = () => column('int8', 'text', z.string());
/** Exact decimal, a string. */
export const numeric = () => column('numeric', 'text', z.string());
export const float8 = () => column('float8', 'number', z.number());
export const float4 = () => column('float4', 'number', z.number());
export const boolean = () => column('bool', 'boolean', z.boolean());
/** A Date in rows, to the millisecond; a new row may give ISO text to write microseconds. */
export const timestamptz = () => column('timestamptz', 'timestamp', z.date());
/** As PostgreSQL writes it, such as `01:00:00`. */
export const interval = () => column('interval', 'text', z.string());
export const bytea = () => column('bytea', 'bytes', z.instanceof(Uint8Array));
export const jsonObject = () => column('jsonb', 'json', z.custom<JsonObject>(isJsonObject));
export const jsonArray = () => column('jsonb', 'json', z.custom<readonly unknown[]>(Array.isArray));
export const json = () => column('jsonb', 'json', z.unknown());
export const textArray = () => arrayOf(text());

/** A closed vocabulary: an enum type of the database and the union of its labels. */
export interface Vocabulary<Label extends string = string> {
  /** Such as `verification.request_status`. */
  readonly pgType: string;
  /** In the database's order. */
  readonly labels: readonly [Label, ...Label[]];
  readonly schema: z.ZodType<Label>;
}

/** Declares the TypeScript side of an enum type; a test compares it with pg_enum. */
export function vocabulary<const Label extends string>(
  pgType: string,
  labels: readonly [Label, ...Label[]],
): Vocabulary<Label> {
  return { pgType, labels, schema: z.enum(labels) };
}

/** The union of a vocabulary's labels. */
export type LabelOf<V> = V extends Vocabulary<infer Label> ? Label : never;

/** A column of an enum type. */
export function label<Label extends string>(of: Vocabulary<Label>): NewColumn<Label> {
  return column(of.pgType, 'text', of.schema);
}

/** A column that holds a list. */
export function arrayOf<Value>(element: NewColumn<Value>): NewColumn<readonly Value[]> {
  return new Column<readonly Value[], 'required', true>(z.array(element.schema).readonly(), {
    ...element.facts,
    pgType: `${element.facts.pgType}[]`,
    isArray: true,
  });
}
