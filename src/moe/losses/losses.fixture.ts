/** Values of losses on plain arrays. */
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Values } from "../../ops/check.fixture.ts";
import { evaluate, type TensorFunction } from "../../runtime/evaluate.ts";

/** Entries of the first output. */
export async function entriesOf(fn: TensorFunction, inputs: readonly NdArray[]): Promise<number[]> {
  const [value] = await evaluate(fn, [...inputs]);
  return toNumbers(value!);
}

/** The value of a scalar loss. */
export async function lossOf(fn: TensorFunction, inputs: readonly NdArray[]): Promise<number> {
  const entries = await entriesOf(fn, inputs);
  if (entries.length !== 1) throw new Error(`expected a scalar, got ${entries.length} entries`);
  return entries[0]!;
}

/** The unmasked tokens. */
export function maskOf(kept: readonly number[]): NdArray {
  return array([...kept], "bool");
}

/** K-major ids `[K, N]`. */
export function idsOf(rows: readonly (readonly number[])[]): NdArray {
  return array(
    rows.map((row) => [...row]),
    "int64",
  );
}

/** The rows of a matrix. */
export function rowsOf({ shape: [rows, columns], data }: Values): number[][] {
  return Array.from({ length: rows! }, (_, r) =>
    Array.from({ length: columns! }, (_, c) => data[r * columns! + c]!),
  );
}

/** Mean of each column over some rows. */
export function columnMeans(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length);
}

/** Squared coefficient of variation. */
export function variationOf(v: readonly number[], correction = 0): number {
  const mean = v.reduce((sum, x) => sum + x, 0) / v.length;
  const squares = v.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return squares / (v.length - correction) / mean ** 2;
}

export function softmaxOf(row: readonly number[]): number[] {
  const exps = row.map(Math.exp);
  const sum = exps.reduce((total, x) => total + x, 0);
  return exps.map((x) => x / sum);
}

/** Entropy in nats. */
export function entropyOf(p: readonly number[]): number {
  return -p.reduce((sum, x) => sum + (x > 0 ? x * Math.log(x) : 0), 0);
}

/** Distribution function of the standard normal by its power series; 0 or 1 beyond 7. */
export function normalCdfOf(x: number): number {
  if (Math.abs(x) > 7) return Number(x > 0);
  let [term, sum] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= -(x * x) / 2 / n;
    sum += term / (2 * n + 1);
  }
  return 0.5 + sum / Math.sqrt(2 * Math.PI);
}

/** A scalar, for references. */
export function scalarOf(value: number): Values {
  return { shape: [], data: [value] };
}
