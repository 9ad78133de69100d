import type { Selection } from './types.js';

/** A table or sequence as the catalogue has it. */
export interface NamedRelation {
  readonly schema: string;
  readonly name: string;
  /** Found without naming its schema. */
  readonly visible: boolean;
}

interface NamePattern {
  /** Undefined where the pattern names none: then only what is visible is meant. */
  readonly schema: RegExp | undefined;
  readonly name: RegExp;
}

/**
 * True when pg_dump's patterns choose the relation (PostgreSQL, "Patterns" of psql): letters are folded outside of double
 * quotes, `*` and `?` stand for characters, a dot parts schema and name. Pure.
 */
export function isSelected(relation: NamedRelation, selection: Selection): boolean {
  if (selection.excludeTables.some((text) => matches(relation, parsePattern(text)))) return false;
  // As pg_dump has it: --schema says nothing beside --table.
  if (selection.tables.length > 0)
    return selection.tables.some((text) => matches(relation, parsePattern(text)));
  if (selection.schemas.length === 0) return true;
  return selection.schemas.some((text) => parsePattern(text).name.test(relation.schema));
}

/** True when the relation's rows are left out. */
export function isWithoutData(relation: NamedRelation, { excludeTableData }: Selection): boolean {
  return excludeTableData.some((text) => matches(relation, parsePattern(text)));
}

function matches({ schema, name, visible }: NamedRelation, pattern: NamePattern): boolean {
  if (!pattern.name.test(name)) return false;
  return pattern.schema === undefined ? visible : pattern.schema.test(schema);
}

function parsePattern(text: string): NamePattern {
  const parts = [''];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '"' && quoted && text[at + 1] === '"') {
      parts.push(`${parts.pop() ?? ''}"`);
      at += 1;
    } else if (char === '"') quoted = !quoted;
    else if (char === '.' && !quoted) parts.push('');
    else parts.push((parts.pop() ?? '') + (quoted ? escape(char) : translate(char)));
  }
  const name = anchored(parts.pop() ?? '');
  const schema = parts.pop();
  return { schema: schema === undefined ? undefined : anchored(schema), name };
}

function translate(char: string): string {
  if (char === '*') return '.*';
  if (char === '?') return '.';
  if (char === '$') return '\\$';
  return char.toLowerCase();
}

function escape(char: string): string {
  return /[|*+?()[\]{}.^$\\]/.test(char) ? `\\${char}` : char;
}

/** What is no regular expression to us may be one to PostgreSQL, and matches nothing here: pg_dump itself decides. */
function anchored(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 's');
  } catch {
    return /(?!)/;
  }
}
