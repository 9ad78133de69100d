import type { Node, RangeVar } from 'libpg-query';

type KindIn<N> = N extends unknown ? keyof N : never;
/** The name of a kind of node, such as `IndexStmt`. */
export type NodeKind = KindIn<Node>;
/** What a node of that kind holds. */
export type Fields<K extends NodeKind> = Extract<Node, Record<K, unknown>>[K];

/** The node's fields when it is of that kind. */
export function fieldsOf<K extends NodeKind>(node: Node | undefined, kind: K): Fields<K> | undefined {
  return node !== undefined && kind in node ? (node as unknown as Record<K, Fields<K>>)[kind] : undefined;
}

/** The fields of those nodes of a list that are of that kind. */
export function listOf<K extends NodeKind>(nodes: readonly Node[] | undefined, kind: K): Fields<K>[] {
  return (nodes ?? []).flatMap((node) => fieldsOf(node, kind) ?? []);
}

/** All nodes of a kind anywhere in a tree, in the order of the text. */
export function findAll<K extends NodeKind>(tree: unknown, kind: K): Fields<K>[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
    key === kind ? [value as Fields<K>, ...findAll(value, kind)] : findAll(value, kind),
  );
}

/** A relation's name; `public` is left out, as most files do. */
export function nameOf({ schemaname, relname = '' }: RangeVar): string {
  return qualify(schemaname, relname);
}

/** A name that stands as a list of strings: `schema, name`. */
export function nameOfList(parts: readonly Node[] | undefined): string {
  const names = stringsOf(parts);
  return qualify(names.at(-2), names.at(-1) ?? '');
}

export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return listOf(nodes, 'String').map(({ sval = '' }) => sval);
}

function qualify(schema: string | undefined, name: string): string {
  return schema === undefined || schema === 'public' ? name : `${schema}.${name}`;
}

/** The last part of a type's name, as PostgreSQL calls it: `int4`, `varchar`, `bigserial`. */
export function typeNameOf(type: Fields<'TypeName'> | undefined): string {
  return stringsOf(type?.names).at(-1) ?? '';
}

/** True when an option such as CONCURRENTLY is given and not switched off. */
export function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  const option = listOf(options, 'DefElem').findLast(({ defname }) => defname === name);
  if (option === undefined) return false;
  const [value] = findAll(option.arg === undefined ? [] : [option.arg], 'String');
  const number = fieldsOf(option.arg, 'Integer');
  if (number !== undefined) return number.ival !== undefined;
  return !/^(false|off|0)$/i.test(value?.sval ?? 'true');
}

/** Equal but for where they stand in the text. */
export function isSameTree(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, withoutLocation) === JSON.stringify(b, withoutLocation);
}

function withoutLocation(key: string, value: unknown): unknown {
  return key === 'location' ? undefined : value;
}
