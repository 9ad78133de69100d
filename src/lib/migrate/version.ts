/**
 * The order of versions: by their numbers, part by part, so that `0002` comes before `10` and `1.9` before `1.10`.
 * Negative when `a` comes first, 0 when they are the same version (`0001` and `1`).
 */
export function compareVersions(a: string, b: string): number {
  const left = canonicalVersion(a).split('.');
  const right = canonicalVersion(b).split('.');
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const order = compareNumbers(left[part] ?? '0', right[part] ?? '0');
    if (order !== 0) return order;
  }
  return 0;
}

/** One spelling for each version: without leading zeros and without `.0` at its end. */
export function canonicalVersion(version: string): string {
  const parts = version.split(/[._]/).map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length > 1 && parts.at(-1) === '0') parts.pop();
  return parts.join('.');
}

/** Digits without leading zeros; timestamps of any length fit, as no number type is used. */
function compareNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
