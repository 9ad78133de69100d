import { createHash } from 'node:crypto';

/** The `part`-th of `parts` equal parts of a store, counted from 1. */
export interface Subset {
  readonly part: number;
  readonly parts: number;
}

/** A subset written like `1/7`; undefined when the text is none. */
export function parseSubset(text: string): Subset | undefined {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const [part, parts] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return part >= 1 && part <= parts ? { part, parts } : undefined;
}

/** Each backup is in exactly one of the parts, and in the same whatever else comes or goes. */
export function isInSubset(id: string, { part, parts }: Subset): boolean {
  return createHash('sha256').update(id).digest().readUInt32BE(0) % parts === part - 1;
}
