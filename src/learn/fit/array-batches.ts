/** Batches of arrays in memory. */

import type { Field } from "../../data/batches/batch.ts";
import { batchOrder } from "../../data/batches/batch-order.ts";
import { allocate, type NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { checkArrays } from "../../graph/given.ts";
import type { ArrayBatch, BatchSource } from "../evaluator.ts";

/** Data for `fit` and `evaluate`: a loader, or an object with the same interface. */
export interface FitData extends BatchSource<ArrayBatch> {
  /** The arrays of a batch, without their batch axis. */
  readonly fields: Readonly<Record<string, Field>>;
  /** Samples of a batch. */
  readonly batchSize: number;
  /** Required to train for a number of epochs. */
  readonly batchesPerEpoch?: number;
}

/** Arrays by name, with equal numbers of rows. */
export type FitArrays = Readonly<Record<string, NdArray>>;

export interface ArrayBatchesOptions {
  /** Default 32. */
  readonly batchSize?: number;
  /** Endless, in a new order in every epoch and without a last batch that is smaller. Default false. */
  readonly shuffle?: boolean;
  /** Seed of the order. Default 0. */
  readonly seed?: number;
}

/**
 * Batches of the rows of some arrays.
 *
 * @throws UserError if the arrays differ in their number of rows, or fill no batch
 * @example
 * const data = arrayBatches({ x: array([[1], [2], [3]]) }, { batchSize: 2 });
 * const first = (await data.next()).arrays.x; // [[1], [2]]
 * const second = (await data.next()).arrays.x; // [[3]]
 */
export function arrayBatches(
  arrays: FitArrays,
  { batchSize = 32, shuffle = false, seed = 0 }: ArrayBatchesOptions = {},
): FitData & { readonly batchesPerEpoch: number } {
  checkArrays("the data", arrays);
  const length = commonLength(arrays);
  const order = batchOrder({ length, batchSize, seed, shuffle, dropLast: shuffle });
  const { batchesPerEpoch } = order;
  const end = shuffle ? Number.POSITIVE_INFINITY : batchesPerEpoch;
  let position = 0;
  return {
    fields: Object.fromEntries(
      Object.entries(arrays).map(([name, { dtype, shape }]) => [
        name,
        { dtype, shape: shape.slice(1) },
      ]),
    ),
    batchSize,
    batchesPerEpoch,
    seek: (step) => {
      position = step;
    },
    async next() {
      if (position >= end) return undefined;
      const { indices } = order.job(position++);
      const rows = Object.entries(arrays).map(([name, array]) => [name, takeRows(array, indices)]);
      return { arrays: Object.fromEntries(rows) };
    },
  };
}

/**
 * Returns data unchanged, and arrays as batches.
 *
 * @throws UserError (exit code 2) if the arrays differ in their number of rows, or there are none
 */
export function toFitData(data: FitData | FitArrays, options: ArrayBatchesOptions): FitData {
  if (!isFitData(data)) return arrayBatches(data, options);
  checkArrays("the fields of the data", data.fields, { specs: true });
  return data;
}

function isFitData(data: FitData | FitArrays): data is FitData {
  return typeof (data as Partial<FitData> | undefined)?.next === "function";
}

function commonLength(arrays: FitArrays): number {
  const lengths = Object.entries(arrays).map(([name, { shape }]) => [name, shape[0]] as const);
  const [first] = lengths;
  if (first === undefined) throw usageError("the data have no arrays; give at least one");
  for (const [name, length] of lengths) {
    if (length !== undefined && length === first[1]) continue;
    throw usageError(
      `the arrays of the data must have equal numbers of rows: ${first[0]} has ${first[1]} and ${name} has ${length ?? "no axis"}`,
    );
  }
  return first[1]!;
}

function takeRows({ dtype, shape, data }: NdArray, indices: Int32Array): NdArray {
  const rows = allocate(dtype, [indices.length, ...shape.slice(1)]);
  const size = data.length / shape[0]!;
  indices.forEach((index, row) => {
    rows.data.set(data.subarray(index * size, (index + 1) * size) as never, row * size);
  });
  return rows;
}
