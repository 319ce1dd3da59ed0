/** Intervals of the numerical integral, up to the median. */
const INTERVALS = 1 << 15;

/**
 * Quantiles of Beta(alpha, alpha) at 0, 1/steps, ... 1.
 *
 * Integrates the density `x^(a-1) (1-x)^(a-1)` by the midpoint rule up to the median 1/2 and mirrors
 * the result. With `x = s^g / 2` and `g = max(1, 1/a)` the integrand is bounded in s.
 *
 * @param alpha above 0
 * @param steps even
 * @throws RangeError if `alpha` is not positive or `steps` is odd
 * @example
 * betaQuantiles(1, 4) // [0, 0.25, 0.5, 0.75, 1]
 */
export function betaQuantiles(alpha: number, steps: number): number[] {
  if (!(alpha > 0 && Number.isFinite(alpha)) || !Number.isInteger(steps) || steps % 2 !== 0) {
    throw new RangeError(
      `betaQuantiles: alpha must be above 0 and steps even, got ${alpha} and ${steps}`,
    );
  }
  const power = Math.max(1, 1 / alpha);
  const at = (s: number): number => s ** power / 2;
  const sums = new Float64Array(INTERVALS + 1);
  for (let i = 0; i < INTERVALS; i++) {
    const s = (i + 0.5) / INTERVALS;
    // x^(a-1) dx/ds; the powers of s combine to s^(g a - 1).
    const density = s ** (power * alpha - 1) * (1 - at(s)) ** (alpha - 1);
    sums[i + 1] = sums[i]! + density;
  }
  const lower: number[] = [];
  for (let q = 0, i = 0; q <= steps / 2; q++) {
    const wanted = (2 * q * sums[INTERVALS]!) / steps;
    while (i < INTERVALS - 1 && sums[i + 1]! < wanted) i++;
    const part = (wanted - sums[i]!) / (sums[i + 1]! - sums[i]!);
    lower.push(at(Math.min(1, (i + part) / INTERVALS)));
  }
  return [
    ...lower,
    ...lower
      .slice(0, -1)
      .reverse()
      .map((x) => 1 - x),
  ];
}
