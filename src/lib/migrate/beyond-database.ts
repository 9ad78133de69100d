import type { Statement } from './statements.js';

/** What belongs to the server and is shared by all of its databases. */
const OF_SERVER = [
  /^(create|alter|drop) (role|user|group|database|tablespace)\b/,
  /^alter system\b/,
  /^(comment|security label( for \S+)?) on (role|database|tablespace)\b/,
  /^(reassign|drop) owned\b/,
  /^(create|alter|drop) subscription\b/,
];

/** What reaches other sessions, other servers, slots of replication, and files of the server, wherever it stands. */
const ANYWHERE = new RegExp(
  [
    String.raw`\bdblink\w*\s*\(`,
    String.raw`\bpg_(terminate|cancel)_backend\s*\(|\bpg_reload_conf\s*\(|\bpg_rotate_logfile\s*\(`,
    String.raw`\bpg_(create|drop|copy)_\w*slot\w*\s*\(|\bpg_replication_origin_\w+\s*\(`,
    String.raw`\blo_(import|export)\s*\(|\bpg_(write|unlink|rename)\w*\s*\(`,
    String.raw`\bcopy\b[^;]*\b(?:(?:to|from)\s+program\b|to\s+')`,
    String.raw`^\s*prepare\s+transaction\b`,
  ].join('|'),
  'i',
);

/** What belongs to the server, within a block or a string that a block executes. */
const IN_BLOCK = new RegExp(
  [
    String.raw`\b(create|alter|drop)\s+(role|user|group|database|tablespace|subscription)\b(?!\s+mapping)`,
    String.raw`\balter\s+system\b`,
    String.raw`\b(reassign|drop)\s+owned\b`,
    String.raw`\b(comment|label)\s+on\s+(role|database|tablespace)\b`,
    String.raw`\b(grant|revoke)\s+[^;]*?\bon\s+(database|tablespace|parameter)\b`,
    String.raw`\b(grant|revoke)\s+(?:(?!\bon\b)[^;])*?\b(to|from)\b`,
  ].join('|'),
  'i',
);

/** Statements that run what they say; a function that is made runs nothing yet. */
const RUNS =
  /^(select|with|copy|do|insert|update|delete|merge|prepare|values|create (temporary |temp |unlogged )?table|create materialized view)\b/;

const COMMENTS = /--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * True for a statement that changes more than its database, so that a scratch database on the same server would not
 * keep it in. Of blocks (DO) the words are looked at; what a procedure does (CALL), nobody knows.
 */
export function reachesBeyondDatabase({ words, text }: Statement): boolean {
  const phrase = words.join(' ');
  const plain = text.replace(COMMENTS, ' ');
  if (/^call\b/.test(phrase) || (RUNS.test(phrase) && ANYWHERE.test(plain))) return true;
  if (/^do\b/.test(phrase)) return IN_BLOCK.test(plain);
  // A user mapping is an object of its database.
  if (/^(create|alter|drop) user mapping\b/.test(phrase)) return false;
  // Membership: GRANT role TO role names no object.
  const isMembership = /^(grant|revoke)\b/.test(phrase) && !/\bon\b/.test(phrase);
  return isMembership || grantsOnServer(phrase) || OF_SERVER.some((pattern) => pattern.test(phrase));
}

function grantsOnServer(phrase: string): boolean {
  return /^(grant|revoke)\b.*\bon (database|tablespace|parameter)\b/.test(phrase);
}
