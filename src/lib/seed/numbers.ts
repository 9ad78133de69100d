/** A number with so many decimals, free of the noise that binary fractions add. */
export function rounded(value: number, decimals = 4): number {
  return Number(value.toFixed(decimals));
}

/** A score with four decimals, kept inside 0..1. */
export function score(value: number): number {
  return rounded(Math.min(1, Math.max(0, value)));
}

/** Arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of the whole population; 0 of nothing. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
