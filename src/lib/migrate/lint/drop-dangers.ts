import type { Node } from 'libpg-query';
import { DANGERS, type Danger } from './dangers.js';
import { fieldsOf, nameOfList, type Fields } from './nodes.js';
import type { Scope } from './scope.js';

type ObjectType = Fields<'DropStmt'>['removeType'];

/** What holds data, or a position in it. */
const DATA: readonly ObjectType[] = [
  'OBJECT_TABLE',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_MATVIEW',
  'OBJECT_SCHEMA',
  'OBJECT_SEQUENCE',
];
/** What belongs to a table, which is locked while it goes. */
const PARTS: readonly ObjectType[] = ['OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY'];

/** What DROP takes along, and whom it blocks. */
export function dropDangers(
  { removeType, objects = [], behavior, concurrent }: Fields<'DropStmt'>,
  scope: Scope,
): readonly Danger[] {
  if (objects.every((object) => scope.isNew(relationOf(removeType, object)))) return [];
  if (removeType === 'OBJECT_INDEX') return concurrent === true ? [] : [DANGERS.dropIndexBlocks];
  if (PARTS.includes(removeType)) return [DANGERS.changesRules];
  const cascades = behavior === 'DROP_CASCADE';
  if (DATA.includes(removeType)) return [DANGERS.losesData];
  return cascades ? [DANGERS.dropsCascading] : [];
}

/** The relation that is dropped, or whose part is. */
function relationOf(type: ObjectType, object: Node): string {
  const names = fieldsOf(object, 'List')?.items;
  return nameOfList(PARTS.includes(type) ? names?.slice(0, -1) : names);
}
