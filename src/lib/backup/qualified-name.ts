const IDENTIFIER = /(?:"((?:[^"]|"")*)"|([^".\s(]+))/y;

/** Schema and name at the beginning of a text such as `public."a b" (id, name)`, unquoted. Pure. */
export function parseQualifiedName(text: string): { readonly schema: string; readonly name: string } {
  const schema = identifierAt(text, 0);
  const name = text[schema.end] === '.' ? identifierAt(text, schema.end + 1) : undefined;
  if (name === undefined) throw new Error(`"${text}" has no name with its schema`);
  return { schema: schema.value, name: name.value };
}

function identifierAt(text: string, position: number): { readonly value: string; readonly end: number } {
  IDENTIFIER.lastIndex = position;
  const match = IDENTIFIER.exec(text);
  if (match === null) throw new Error(`"${text}" has no name with its schema`);
  const [whole, quoted, bare] = match;
  return { value: quoted?.replaceAll('""', '"') ?? bare ?? '', end: position + whole.length };
}
