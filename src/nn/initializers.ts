/** Initial values of parameters. Each function returns an initializer: (key, shape) to values. */
import { elementCount } from "../graph/array.ts";
import { type Key, normal, uniform } from "../random/index.ts";

/** Returns the initial values of a parameter of `shape`; equal keys give equal values. */
export type Initializer = (key: Key, shape: readonly number[]) => Float32Array;

/**
 * Every entry `value`.
 *
 * @example
 * constantOf(0.5)(key(0), [2]); // [0.5, 0.5]
 */
export function constantOf(value: number): Initializer {
  return (_, shape) => new Float32Array(elementCount(shape)).fill(value);
}

/**
 * Every entry 0.
 *
 * @example
 * zeros(key(0), [2]); // [0, 0]
 */
export const zeros: Initializer = constantOf(0);
/**
 * Every entry 1.
 *
 * @example
 * ones(key(0), [2]); // [1, 1]
 */
export const ones: Initializer = constantOf(1);

/**
 * Normal with mean 0.
 *
 * @example
 * normalOf(0)(key(0), [2]); // [0, 0]
 */
export function normalOf(std: number): Initializer {
  return (key, shape) => scale(normal(key, elementCount(shape)), std);
}

/**
 * Normal with mean 0, truncated at two standard deviations (values beyond are redrawn).
 *
 * @example
 * truncatedNormal(0.02)(key(0), [1000]).every((w) => Math.abs(w) <= 0.04); // true
 */
export function truncatedNormal(std: number): Initializer {
  return (key, shape) => {
    const values = new Float32Array(elementCount(shape));
    const draws = normal(key, Math.ceil(values.length * 1.1) + 64);
    let next = 0;
    for (let i = 0; i < values.length; next++) {
      const draw = draws[next % draws.length]!;
      if (Math.abs(draw) <= 2) values[i++] = draw * std;
    }
    return values;
  };
}

/**
 * Uniform in `[-bound, bound]`.
 *
 * @example
 * uniformOf(0.5)(key(0), [1000]).every((w) => Math.abs(w) <= 0.5); // true
 */
export function uniformOf(bound: number): Initializer {
  return (key, shape) => {
    const values = uniform(key, elementCount(shape));
    for (let i = 0; i < values.length; i++) values[i] = (2 * values[i]! - 1) * bound;
    return values;
  };
}

/** Fan-in and fan-out of a weight `[out, in, ...receptive field]`, as PyTorch counts them. */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [out = 1, inner = 1, ...field] = shape;
  const area = elementCount(field);
  return { fanIn: inner * area, fanOut: out * area };
}

/**
 * Uniform with bound `gain * sqrt(6 / (fan in + fan out))` (Glorot and Bengio, 2010).
 *
 * @example
 * xavierUniform()(key(0), [3, 3]).every((w) => Math.abs(w) <= 1); // true
 */
export function xavierUniform(gain = 1): Initializer {
  return (key, shape) => {
    const { fanIn, fanOut } = fans(shape);
    return uniformOf(gain * Math.sqrt(6 / (fanIn + fanOut)))(key, shape);
  };
}

/**
 * Normal with standard deviation `gain / sqrt(fan in)` (arXiv:1502.01852; gain sqrt 2 for ReLU).
 *
 * @example
 * kaimingNormal()(key(0), [4, 2]).length; // 8
 */
export function kaimingNormal(gain: number = Math.SQRT2): Initializer {
  return (key, shape) => normalOf(gain / Math.sqrt(fans(shape).fanIn))(key, shape);
}

/**
 * PyTorch's default for linear and convolution weights: uniform with bound `1 / sqrt(fan in)`.
 *
 * @example
 * torchLinear(key(0), [3, 4]).every((w) => Math.abs(w) <= 0.5); // true
 */
export const torchLinear: Initializer = (key, shape) =>
  uniformOf(1 / Math.sqrt(fans(shape).fanIn))(key, shape);

/**
 * Rows (or columns, whichever are fewer) orthonormal, times `gain` (arXiv:1312.6120).
 *
 * @example
 * Math.abs(orthogonal()(key(0), [1, 1])[0]); // 1
 */
export function orthogonal(gain = 1): Initializer {
  return (key, shape) => {
    const rows = shape[0] ?? 1;
    const columns = elementCount(shape) / rows;
    const draws = normal(key, rows * columns);
    const wide = columns >= rows;
    const [count, length] = wide ? [rows, columns] : [columns, rows];
    const vectors = Array.from({ length: count }, (_, i) =>
      Float64Array.from({ length }, (_, j) => draws[wide ? i * columns + j : j * columns + i]!),
    );
    orthonormalize(vectors);
    return Float32Array.from({ length: rows * columns }, (_, at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      return gain * (wide ? vectors[i]![j]! : vectors[j]![i]!);
    });
  };
}

/** Modified Gram-Schmidt, in place. */
function orthonormalize(vectors: readonly Float64Array[]): void {
  for (const [i, vector] of vectors.entries()) {
    for (const earlier of vectors.slice(0, i)) {
      const along = dot(vector, earlier);
      for (let j = 0; j < vector.length; j++) vector[j]! -= along * earlier[j]!;
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let j = 0; j < vector.length; j++) vector[j]! /= norm;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function scale(values: Float32Array, factor: number): Float32Array {
  for (let i = 0; i < values.length; i++) values[i]! *= factor;
  return values;
}
