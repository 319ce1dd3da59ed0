/** L-BFGS for smooth functions of many variables. */

/** Returns the value at `x` and writes the gradient to `gradient`. */
export type SmoothFunction = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions {
  /** Default 1000. */
  readonly maxIterations?: number;
  /** Stops when no entry of the gradient exceeds this. Default 1e-4. */
  readonly tolerance?: number;
  /** Steps kept for the estimate of the inverse Hessian. Default 10. */
  readonly memory?: number;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** Whether the tolerance was reached. */
  readonly converged: boolean;
}

interface Step {
  readonly change: Float64Array;
  readonly gradientChange: Float64Array;
  /** Reciprocal of the dot product of the two. */
  readonly rho: number;
}

/**
 * L-BFGS with a line search that satisfies the weak Wolfe conditions (Nocedal and Wright, Numerical
 * Optimization, algorithms 7.4 and 7.5). Deterministic: equal inputs give equal bits.
 *
 * @param start initial point, not modified
 * @example
 * const square = (x, gradient) => { gradient[0] = 2 * x[0]; return x[0] ** 2; };
 * minimize(square, Float64Array.of(3)).x // [0]
 */
export function minimize(
  f: SmoothFunction,
  start: Float64Array,
  { maxIterations = 1000, tolerance = 1e-4, memory = 10 }: MinimizeOptions = {},
): Minimum {
  let x: Float64Array = start.slice();
  let gradient: Float64Array = new Float64Array(x.length);
  let value = f(x, gradient);
  const steps: Step[] = [];
  let iterations = 0;
  while (largestEntry(gradient) > tolerance && iterations < maxIterations) {
    const found = search(f, x, value, gradient, descent(gradient, steps), steps.length === 0);
    if (found === undefined) break; // No step improves the value in floating point.
    const change = subtract(found.x, x);
    const gradientChange = subtract(found.gradient, gradient);
    steps.push({ change, gradientChange, rho: 1 / dot(change, gradientChange) });
    if (steps.length > memory) steps.shift();
    ({ x, gradient, value } = found);
    iterations += 1;
  }
  return { x, value, iterations, converged: largestEntry(gradient) <= tolerance };
}

/** The two-loop recursion: minus the gradient times an estimate of the inverse Hessian. */
function descent(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const q = gradient.slice();
  const alphas = new Float64Array(steps.length);
  for (let i = steps.length - 1; i >= 0; i--) {
    const { change, gradientChange, rho } = steps[i]!;
    alphas[i] = rho * dot(change, q);
    addScaled(q, -alphas[i]!, gradientChange);
  }
  const last = steps.at(-1);
  const scale = last ? 1 / (last.rho * dot(last.gradientChange, last.gradientChange)) : 1;
  for (let at = 0; at < q.length; at++) q[at]! *= scale;
  for (const [i, { change, gradientChange, rho }] of steps.entries()) {
    addScaled(q, alphas[i]! - rho * dot(gradientChange, q), change);
  }
  return q.map((entry) => -entry);
}

interface Point {
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  readonly value: number;
}

/** Doubles the step until it is too long, then bisects the interval. */
function search(
  f: SmoothFunction,
  x: Float64Array,
  value: number,
  gradient: Float64Array,
  direction: Float64Array,
  first: boolean,
): Point | undefined {
  const slope = dot(gradient, direction);
  if (!(slope < 0)) return undefined;
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  let length = first ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
  for (let trial = 0; trial < 50; trial++) {
    const next = x.slice();
    addScaled(next, length, direction);
    const nextGradient = new Float64Array(x.length);
    const nextValue = f(next, nextGradient);
    const nextSlope = dot(nextGradient, direction);
    if (!improves(value, nextValue, slope, nextSlope, length)) high = length;
    else if (nextSlope < 0.9 * slope) low = length;
    else return { x: next, gradient: nextGradient, value: nextValue };
    length = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
  }
  return undefined;
}

/**
 * Sufficient decrease. If values differ by rounding only, slopes decide (the approximate Wolfe
 * conditions of Hager and Zhang, SIAM Journal on Optimization 16, 2005).
 */
function improves(
  value: number,
  nextValue: number,
  slope: number,
  nextSlope: number,
  length: number,
): boolean {
  if (nextValue <= value + 1e-4 * length * slope) return true;
  return nextValue <= value + 1e-12 * Math.abs(value) && nextSlope <= (2 * 1e-4 - 1) * slope;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

function addScaled(to: Float64Array, factor: number, what: Float64Array): void {
  for (let at = 0; at < to.length; at++) to[at]! += factor * what[at]!;
}

function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((entry, at) => entry - b[at]!);
}

function largestEntry(values: Float64Array): number {
  return values.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
}
