/** Fractions of a whole, and their entropy. */

/** Each value divided by `whole` (default: the sum); zeros if `whole` is zero. */
export function fractions(
  values: readonly number[],
  whole = values.reduce((sum, value) => sum + value, 0),
): number[] {
  return values.map((value) => (whole === 0 ? 0 : value / whole));
}

/**
 * Entropy of a distribution in nats, `H(p) = -sum p log p`.
 *
 * @param p probabilities that sum to 1; zeros contribute nothing
 * @example
 * entropy([0.5, 0.5]) // 0.6931471805599453
 */
export function entropy(p: readonly number[]): number {
  let sum = 0;
  for (const each of p) if (each > 0) sum -= each * Math.log(each);
  return sum;
}
