const DIGITS = /^\d+$/;

/** A version's number and, where several migrations share one number, the name that tells them apart. */
function partsOf(version: string): { readonly numbers: readonly string[]; readonly suffix: string } {
  const match = /^(\d+(?:\.\d+)*)(.*)$/s.exec(version);
  const numbers = (match?.[1] ?? '').split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (numbers.length > 1 && numbers.at(-1) === '0') numbers.pop();
  return { numbers, suffix: match === null ? version : (match[2] ?? '') };
}

/**
 * The order of versions: by their numbers, part by part, so that `0002` comes before `10` and `1.9` before `1.10`,
 * then by name. Negative when `a` comes first, 0 when they are the same version (`0001` and `1`).
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  return compareNumbersOf(a, b) || compareTexts(partsOf(a).suffix, partsOf(b).suffix);
}

/** True when a version comes up to `last`; a bare number as `last` takes in all that share it. */
export function isWithin(version: string, last: string): boolean {
  return (
    (partsOf(last).suffix === '' ? compareNumbersOf(version, last) : compareVersions(version, last)) <= 0
  );
}

/** True when `wanted` means this version: the same, or the bare number of it. */
export function isMeantBy(version: string, wanted: string): boolean {
  return (
    (partsOf(wanted).suffix === '' ? compareNumbersOf(version, wanted) : compareVersions(version, wanted)) ===
    0
  );
}

/** True for a text that can be a version, as `0001`, `1.2` or `0001_users`. */
export function isVersion(text: string): boolean {
  return /^\d/.test(text);
}

/** One spelling for each version: without leading zeros and without `.0` at its end. */
export function canonicalVersion(version: string): string {
  if (DIGITS.test(version)) return version.replace(/^0+(?=\d)/, '');
  const { numbers, suffix } = partsOf(version);
  return numbers.join('.') + suffix;
}

function compareNumbersOf(a: string, b: string): number {
  // The common case, for folders of a thousand files.
  if (a.length === b.length && DIGITS.test(a) && DIGITS.test(b)) return compareTexts(a, b);
  const [left, right] = [partsOf(a).numbers, partsOf(b).numbers];
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const [one, other] = [left[part] ?? '0', right[part] ?? '0'];
    // Digits without leading zeros; timestamps of any length fit, as no number type is used.
    const order = one.length - other.length || compareTexts(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
