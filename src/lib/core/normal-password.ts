/** Unicode spaces, which become a plain one (RFC 3454 table C.1.2). */
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
/** Code points that are dropped (table B.1), as first and last of each range. */
const DROPPED: readonly (readonly [number, number])[] = [
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x1806, 0x1806],
  [0x180b, 0x180d],
  [0x200b, 0x200d],
  [0x2060, 0x2060],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
];
const PROHIBITED = /[\p{Cc}\p{Cn}\p{Co}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffd]/u;

/**
 * A password as SCRAM wants it: SASLprep (RFC 4013), and unchanged where that forbids it, as libpq does.
 * postgres.js sends the bytes as they are, which fails for an accent typed as two characters.
 */
export function normalPassword(password: string): string {
  const kept = Array.from(password)
    .filter((char) => !isDropped(char.codePointAt(0) ?? 0))
    .join('');
  const normal = kept.replace(SPACES, ' ').normalize('NFKC');
  return PROHIBITED.test(normal) ? password : normal;
}

function isDropped(codePoint: number): boolean {
  return DROPPED.some(([first, last]) => codePoint >= first && codePoint <= last);
}
