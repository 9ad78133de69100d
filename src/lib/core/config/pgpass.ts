/** The four fields by which a password file is searched. */
export interface PassfileKey {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Which of them is libpq's default differs by its build; a line for the directory or for localhost will do. */
const DEFAULT_SOCKET_DIRECTORIES = ['/var/run/postgresql', '/run/postgresql', '/tmp'];

/**
 * The password of the first matching line of a password file, with its line number (1-based).
 * Format and rules are libpq's (PostgreSQL 34.16): `host:port:database:user:password`, `*` matches all, backslash escapes.
 */
export function findPassword(
  content: string,
  key: PassfileKey,
): { password: string; line: number } | undefined {
  const hosts = DEFAULT_SOCKET_DIRECTORIES.includes(key.host) ? [key.host, 'localhost'] : [key.host];
  const wanted = [hosts, [String(key.port)], [key.database], [key.user]];
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (line.startsWith('#')) continue;
    const fields = splitFields(line);
    if (fields.length < 5) continue;
    const matches = wanted.every((values, i) => {
      const field = fields[i];
      return field !== undefined && (field.raw === '*' || values.includes(field.value));
    });
    if (matches) return { password: fields[4]?.value ?? '', line: index + 1 };
  }
  return undefined;
}

/** A line of a password file that gives this password wherever the user connects. */
export function formatPassfileLine(user: string, password: string): string {
  return `*:*:*:${escapeField(user)}:${escapeField(password)}\n`;
}

function escapeField(field: string): string {
  return field.replace(/[\\:]/g, '\\$&');
}

/** The first four fields end at an unescaped colon; the fifth runs to the end of the line. */
function splitFields(line: string): { raw: string; value: string }[] {
  const fields: { raw: string; value: string }[] = [];
  let raw = '';
  let value = '';
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    if (char === ':' && fields.length < 4) {
      fields.push({ raw, value });
      raw = value = '';
      continue;
    }
    const escaped = char === '\\' && i + 1 < line.length;
    if (escaped) i++;
    raw += escaped ? `\\${line.charAt(i)}` : char;
    value += line.charAt(i);
  }
  fields.push({ raw, value });
  return fields;
}
