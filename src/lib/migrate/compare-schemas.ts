import type { SchemaObject } from './schema-objects.js';
import type { SchemaDifference } from './types.js';

/**
 * How `actual` differs from `expected`, object by object; what belongs to an extra or missing table is said by the
 * table alone.
 */
export function compareSchemas(
  expected: readonly SchemaObject[],
  actual: readonly SchemaObject[],
): readonly SchemaDifference[] {
  const before = byKey(expected);
  const after = byKey(actual);
  const differences: SchemaDifference[] = [];
  for (const [key, { kind, name, definition }] of after) {
    const other = before.get(key);
    if (other === undefined)
      differences.push({ change: 'extra', kind, name, expected: null, actual: definition });
    else if (other.definition !== definition) {
      differences.push({ change: 'changed', kind, name, expected: other.definition, actual: definition });
    }
  }
  for (const [key, { kind, name, definition }] of before) {
    if (!after.has(key))
      differences.push({ change: 'missing', kind, name, expected: definition, actual: null });
  }
  return withoutParts(differences).sort(inOrder);
}

function byKey(objects: readonly SchemaObject[]): ReadonlyMap<string, SchemaObject> {
  return new Map(objects.map((object) => [`${object.kind} ${object.name}`, object]));
}

const PARTS = new Set(['column', 'constraint', 'index', 'trigger', 'rule', 'policy']);
const WHOLES = new Set([
  'table',
  'view',
  'materialized view',
  'foreign table',
  'type',
  'function',
  'schema',
  'sequence',
  'foreign data wrapper',
  'server',
  'language',
]);

function withoutParts(differences: readonly SchemaDifference[]): SchemaDifference[] {
  const wholes = new Map(
    differences.flatMap(({ kind, name, change }) =>
      WHOLES.has(kind) && change !== 'changed' ? [[name, change]] : [],
    ),
  );
  return differences.filter(({ kind, name, change }) => {
    if (kind === 'grant')
      return (
        wholes.get(
          name.replace(/^.* on (?:schema|relation|function|type|foreign data wrapper|server|language) /, ''),
        ) !== change
      );
    return (
      !PARTS.has(kind) || ![...wholes].some(([whole, how]) => how === change && name.startsWith(`${whole}.`))
    );
  });
}

function inOrder(a: SchemaDifference, b: SchemaDifference): number {
  const [left, right] = [`${a.name} ${a.kind}`, `${b.name} ${b.kind}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
