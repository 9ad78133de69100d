import { nextToken } from './lexer.js';
import type { Migration } from './migration.js';

/**
 * Repeatable migrations in an order in which each comes after those whose objects it mentions; where nothing decides, by
 * name. What mentions each other in a circle, as functions may, comes by name, too. Pure.
 */
export function orderRepeatables(migrations: readonly Migration[]): readonly Migration[] {
  const files = migrations.map((migration) => ({ migration, ...namesIn(migration.text) }));
  const ordered: Migration[] = [];
  let waiting = [...files].sort((a, b) => (a.migration.name < b.migration.name ? -1 : 1));
  while (waiting.length > 0) {
    const isFree = ({ mentioned, defined }: Names) =>
      !waiting.some((other) => other.defined !== defined && intersects(other.defined, mentioned));
    const [next = waiting[0]] = waiting.filter(isFree);
    if (next === undefined) break;
    ordered.push(next.migration);
    waiting = waiting.filter((file) => file !== next);
  }
  return ordered;
}

interface Names {
  /** Of what the file creates, without their schemas. */
  readonly defined: ReadonlySet<string>;
  /** All names in the file, also in the bodies of functions. */
  readonly mentioned: ReadonlySet<string>;
}

const KINDS = new Set(['view', 'function', 'procedure', 'table', 'aggregate', 'type', 'domain', 'sequence']);

function namesIn(text: string): Names {
  const tokens = [...tokensOf(text)];
  const defined = new Set<string>();
  for (const [at, token] of tokens.entries()) {
    if (token !== 'create') continue;
    const kind = tokens.slice(at + 1, at + 6).findIndex((word) => KINDS.has(word));
    if (kind === -1 || tokens.slice(at + 1, at + 1 + kind).some((word) => /^[;(]$/.test(word))) continue;
    let name = at + 2 + kind;
    if (tokens.slice(name, name + 3).join(' ') === 'if not exists') name += 3;
    while (tokens[name + 1] === '.') name += 2;
    defined.add(tokens[name] ?? '');
  }
  return { defined, mentioned: new Set(tokens) };
}

/** Words in lower case, quoted names without their quotes, symbols; also what strings hold, as bodies of functions are some. */
function* tokensOf(text: string): Generator<string> {
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) {
    const piece = text.slice(token.start, token.end);
    if (token.kind === 'word') yield piece.toLowerCase();
    else if (token.kind === 'quoted') yield piece.slice(1, -1).replaceAll('""', '"');
    else if (token.kind === 'symbol') yield piece;
    else if (token.kind === 'string') yield* wordsOf(piece);
  }
}

function wordsOf(body: string): string[] {
  return (body.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []).map((word) => word.toLowerCase());
}

function intersects(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].some((name) => b.has(name));
}
