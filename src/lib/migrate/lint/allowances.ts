import { splitScript } from '../statements.js';

const ALLOW = /^--\s*bk-db:\s*allow\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)\s+\S/;

/** Rules that a comment before or within the statement allows; it has to give a reason. */
export function allowedRules(text: string): ReadonlySet<string> {
  const rules = splitScript(text).remarks.map((remark) => ALLOW.exec(remark.text)?.[1]);
  return new Set(rules.flatMap((list) => list?.split(/\s*,\s*/) ?? []));
}

/** Where an allowance gives no reason: it allows nothing, and whoever wrote it should know. */
export function pointlessAllowances(text: string): readonly number[] {
  return splitScript(text)
    .remarks.filter((remark) => /^--\s*bk-db:\s*allow\b/.test(remark.text) && !ALLOW.test(remark.text))
    .map(({ start }) => start);
}
