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
    const { strings } = this;
    const known = texts.get(strings);
    if (known !== undefined) return known;
    let text = strings[0] ?? '';
    for (let n = 1; n < strings.length; n++) text += `$${n}${strings[n] ?? ''}`;
    texts.set(strings, text);
    return text;
  }
}

/** The same text is the same object each time: postgres.js looks statements up by it, and hashes a new one again. */
const texts = new WeakMap<readonly string[], string>();

/** SQL as a tagged template: fragments are spliced in, everything else is bound. `undefined` is refused. */
export function sql(
  strings: TemplateStringsArray,
  ...parts: readonly (Fragment | Parameter | undefined)[]
): Fragment {
  const texts: string[] = [];
  const values: Parameter[] = [];
  let text = strings[0] ?? '';
  for (let n = 0; n < parts.length; n++) {
    const part = parts[n];
    const tail = strings[n + 1] ?? '';
    if (part instanceof Fragment) {
      text = append(part, text, { texts, values }) + tail;
      continue;
    }
    if (part === undefined) throw new RepositoryError('BadValue', 'undefined cannot be bound in a query');
    texts.push(text);
    values.push(part);
    text = tail;
  }
  texts.push(text);
  return new Fragment(texts, values);
}

/** Adds a fragment after the text so far, and gives the text that follows its last value. */
function append(
  fragment: Fragment,
  text: string,
  { texts, values }: { readonly texts: string[]; readonly values: Parameter[] },
): string {
  const { strings } = fragment;
  let open = text + (strings[0] ?? '');
  for (let n = 0; n < fragment.values.length; n++) {
    texts.push(open);
    values.push(fragment.values[n] ?? null);
    open = strings[n + 1] ?? '';
  }
  return open;
}

/** SQL text as it stands. Only for text written in the program, never for what a caller gave. */
export function raw(text: string): Fragment {
  return new Fragment([text], []);
}

/** The fragments with a separator between them; nothing for an empty list. */
export function join(fragments: readonly Fragment[], separator: string): Fragment {
  const texts: string[] = [];
  const values: Parameter[] = [];
  let text = '';
  fragments.forEach((fragment, index) => {
    text = append(fragment, index === 0 ? text : text + separator, { texts, values });
  });
  texts.push(text);
  return new Fragment(texts, values);
}
