import type { Statement } from './statements.js';

/** What belongs to the server and is shared by all of its databases. */
const OF_SERVER = [
  /^(create|alter|drop) (role|user|group|database|tablespace)\b/,
  /^alter system\b/,
  /^(comment|security label) .*\bon (role|database|tablespace)\b/,
  /^(reassign|drop) owned\b/,
  /^(create|alter|drop) subscription\b/,
];

/** The same within a block or a string that a block executes, and what reaches other sessions, servers and files. */
const IN_BLOCK = new RegExp(
  [
    String.raw`\b(create|alter|drop)\s+(role|user|group|database|tablespace|subscription)\b(?!\s+mapping)`,
    String.raw`\balter\s+system\b`,
    String.raw`\b(reassign|drop)\s+owned\b`,
    String.raw`\bon\s+(role|database|tablespace)\b`,
    String.raw`\b(grant|revoke)\s+(?:(?!\bon\b)[^;])*?\b(to|from)\b`,
    String.raw`\bdblink|\bpg_(terminate|cancel)_backend\b|\bpg_reload_conf\b|\bpg_(create|drop)_\w*slot\b|\blo_(import|export)\b|\bprogram\b`,
  ].join('|'),
  'i',
);

/**
 * True for a statement that changes more than its database, so that a scratch database on the same server would not
 * keep it in. Of blocks (DO) the words are looked at; what a procedure does (CALL), nobody knows.
 */
export function reachesBeyondDatabase({ words, text }: Statement): boolean {
  const phrase = words.join(' ');
  if (/^call\b/.test(phrase)) return true;
  if (/^do\b/.test(phrase)) return IN_BLOCK.test(text);
  // A user mapping is an object of its database.
  if (/^(create|alter|drop) user mapping\b/.test(phrase)) return false;
  // Membership: GRANT role TO role names no object.
  const isMembership = /^(grant|revoke)\b/.test(phrase) && !/\bon\b/.test(phrase);
  return isMembership || grantsOnServer(phrase) || OF_SERVER.some((pattern) => pattern.test(phrase));
}

function grantsOnServer(phrase: string): boolean {
  return /^(grant|revoke)\b.*\bon (database|tablespace|parameter)\b/.test(phrase);
}
