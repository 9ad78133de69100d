/** A row that was refused, as far as a list for people needs it. */
interface Refused {
  readonly line: number;
  readonly endLine: number;
  readonly column: string | null;
  readonly reason: string;
}

/** Rows that are listed for a person. */
const SHOWN = 20;

/** `line 7: age: invalid input ...`, one line each. */
export function listRejects(rejects: readonly Refused[], total: number): string {
  const lines = rejects.slice(0, SHOWN).map(({ line, endLine, column, reason }) => {
    const place = endLine > line ? `lines ${line} to ${endLine}` : `line ${line}`;
    return `  ${place}: ${column === null ? '' : `${column}: `}${reason}`;
  });
  if (total > SHOWN) lines.push(`  and ${total - SHOWN} more`);
  return lines.join('\n');
}
