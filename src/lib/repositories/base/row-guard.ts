import type * as z from 'zod';

type Check = (value: unknown) => boolean;

/** Tells whether a row is one of its schema, as zod would, without the objects zod makes for each column of each row. */
export interface RowGuard {
  /** A result with other columns beside is not the row itself: zod drops them. */
  readonly columns: number;
  readonly accepts: (row: Readonly<Record<string, unknown>>) => boolean;
}

const guards = new WeakMap<z.ZodType, RowGuard>();

/** The guard of a row's schema, undefined for what is no plain object. */
export function rowGuard(schema: z.ZodType): RowGuard | undefined {
  const known = guards.get(schema);
  if (known !== undefined) return known;
  const { def } = schema as z.ZodObject | z.ZodString;
  if (def.type !== 'object' || hasChecks(schema)) return undefined;
  const checks = Object.entries(def.shape).map(([name, column]) => ({
    name,
    accepts: checkOf(column as z.ZodType),
  }));
  const guard = {
    columns: checks.length,
    accepts: (row: Readonly<Record<string, unknown>>) => {
      for (const { name, accepts } of checks) if (!accepts(row[name])) return false;
      return true;
    },
  };
  guards.set(schema, guard);
  return guard;
}

function checkOf(schema: z.ZodType): Check {
  const { def } = schema as z.ZodNullable<z.ZodType> | z.ZodCustom | z.ZodEnum | z.ZodString;
  const byZod: Check = (value) => schema.safeParse(value).success;
  if (hasChecks(schema)) return byZod;
  if (def.type === 'nullable') {
    const inner = checkOf(def.innerType);
    return (value) => value === null || inner(value);
  }
  if (def.type === 'custom') return (value) => Boolean(def.fn(value as never));
  if (def.type === 'enum') {
    const labels = new Set<unknown>(Object.values(def.entries));
    return (value) => labels.has(value);
  }
  return (PLAIN as Partial<Record<string, Check>>)[def.type] ?? byZod;
}

const PLAIN = {
  string: (value) => typeof value === 'string',
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  date: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
} satisfies Record<string, Check>;

function hasChecks(schema: z.ZodType): boolean {
  const { checks } = schema._zod.def;
  return checks !== undefined && checks.length > 0;
}
