/** What a pattern of psql's kind matches: `orders`, `shop.orders`, `shop.*`, `"Odd.Name"`. */
export interface NamePattern {
  /** Undefined means any schema. */
  readonly schema: RegExp | undefined;
  readonly name: RegExp;
}

/**
 * Reads a pattern as psql and pg_dump do: what is not quoted is folded to lower case, `*` stands for any characters, `?`
 * for one, and a dot separates schema and name.
 */
export function parseNamePattern(text: string): NamePattern {
  const parts = [''];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '"' && quoted && text[i + 1] === '"') {
      parts.push((parts.pop() ?? '') + '"');
      i++;
    } else if (char === '"') quoted = !quoted;
    else if (char === '.' && !quoted) parts.push('');
    else parts.push((parts.pop() ?? '') + sourceOf(char, quoted));
  }
  const name = parts.pop() ?? '';
  const schema = parts.length === 0 ? undefined : whole(parts.join('\\.'));
  return { schema, name: whole(name) };
}

function sourceOf(char: string, quoted: boolean): string {
  if (!quoted && char === '*') return '.*';
  if (!quoted && char === '?') return '.';
  return (quoted ? char : char.toLowerCase()).replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
}

function whole(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, 's');
}
