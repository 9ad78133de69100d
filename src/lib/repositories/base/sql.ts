import { RepositoryError } from './repository-error.js';

/** What can be bound as a parameter. Other types go through `bind` (encode.ts), which knows the column. */
export type Parameter = string | number | boolean | bigint | Date | Uint8Array | null;

/** A piece of SQL with its bound values; pieces nest in each other's templates. */
export class Fragment {
  /** The SQL around the values: always one more than there are values. */
  readonly strings: readonly string[];
  readonly values: readonly Parameter[];

  constructor(strings: readonly string[], values: readonly Parameter[]) {
    this.strings = strings;
    this.values = values;
  }

  /** The statement with numbered parameters, as the server receives it. */
  get text(): string {
    return this.strings.reduce((text, next, index) => `${text}$${index}${next}`);
  }
}

/** SQL as a tagged template: fragments are spliced in, everything else is bound. `undefined` is refused. */
export function sql(
  strings: TemplateStringsArray,
  ...parts: readonly (Fragment | Parameter | undefined)[]
): Fragment {
  const texts = [strings[0] ?? ''];
  const values: Parameter[] = [];
  parts.forEach((part, index) => {
    const tail = strings[index + 1] ?? '';
    if (part instanceof Fragment) {
      const [head = '', ...rest] = part.strings;
      texts.push(`${texts.pop() ?? ''}${head}`, ...rest);
      texts.push(`${texts.pop() ?? ''}${tail}`);
      values.push(...part.values);
      return;
    }
    if (part === undefined) throw new RepositoryError('BadValue', 'undefined cannot be bound in a query');
    texts.push(tail);
    values.push(part);
  });
  return new Fragment(texts, values);
}

/** SQL text as it stands. Only for text written in the program, never for what a caller gave. */
export function raw(text: string): Fragment {
  return new Fragment([text], []);
}

/** The fragments with a separator between them; nothing for an empty list. */
export function join(fragments: readonly Fragment[], separator: string): Fragment {
  return fragments.reduce(
    (all, next, index) => (index === 0 ? next : sql`${all}${raw(separator)}${next}`),
    raw(''),
  );
}
