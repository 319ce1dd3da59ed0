/** Batches: which samples belong to a step, and their images and labels as arrays. */

import { allocate, type NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { foldIn, key, permutation } from "../random/index.ts";
import type { Dataset, ObjectAttributes } from "./dataset.ts";
import type { Pipeline } from "./transforms/index.ts";

export interface Batch {
  /** Global step, counted from 0 through all epochs. */
  readonly step: number;
  readonly epoch: number;
  /** [B, C, H, W] */
  readonly images: NdArray<"float32">;
  /** [B] */
  readonly labels: NdArray<"int64">;
  /** Positions of the samples in their split, [B]. */
  readonly indices: Int32Array;
  readonly captions?: readonly string[];
  readonly attributes?: readonly (readonly ObjectAttributes[])[];
  readonly domains?: readonly string[];
}

/** The samples of one step: all that is needed to make its batch anywhere. */
export interface BatchJob {
  readonly step: number;
  readonly epoch: number;
  readonly indices: Int32Array;
}

export interface OrderOptions {
  readonly length: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
  /** Whether the last batch of an epoch is left out where it would be smaller. */
  readonly dropLast: boolean;
}

export interface BatchOrder {
  readonly batchesPerEpoch: number;
  readonly job: (step: number) => BatchJob;
}

/** The order of samples: epoch e is the permutation that (seed, "shuffle", e) addresses. */
export function batchOrder(options: OrderOptions): BatchOrder {
  const { length, batchSize, seed, shuffle, dropLast } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new UserError(`batch_size must be a whole number above 0, got ${batchSize}`, {
      exitCode: 2,
    });
  }
  const batchesPerEpoch = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
  if (batchesPerEpoch === 0) {
    throw new UserError(
      `batch_size ${batchSize} leaves no batch of ${length} samples; lower it or keep the last batch`,
      { exitCode: 2 },
    );
  }
  const shuffleKey = foldIn(key(seed), "shuffle");
  let drawn: { epoch: number; order: Uint32Array } | undefined;
  const orderOf = (epoch: number): Uint32Array => {
    if (drawn?.epoch !== epoch)
      drawn = { epoch, order: permutation(foldIn(shuffleKey, epoch), length) };
    return drawn.order;
  };
  return {
    batchesPerEpoch,
    job: (step) => {
      const epoch = Math.floor(step / batchesPerEpoch);
      const start = (step % batchesPerEpoch) * batchSize;
      const end = Math.min(start + batchSize, length);
      const indices = shuffle
        ? Int32Array.from(orderOf(epoch).subarray(start, end))
        : Int32Array.from({ length: end - start }, (_, i) => start + i);
      return { step, epoch, indices };
    },
  };
}

/** Makes the batch of a job; sample i of epoch e is augmented by (seed, "augment", e, i). */
export function makeBatch(
  dataset: Dataset,
  pipeline: Pipeline,
  job: BatchJob,
  seed: number,
): Batch {
  const { step, epoch, indices } = job;
  const { height, width, channels } = pipeline.outputShape;
  const elements = channels * height * width;
  const images = allocate("float32", [indices.length, channels, height, width]);
  const labels = allocate("int64", [indices.length]);
  const epochKey = foldIn(foldIn(key(seed), "augment"), epoch);
  const captions: string[] = [];
  const attributes: (readonly ObjectAttributes[])[] = [];
  const domains: string[] = [];
  indices.forEach((index, row) => {
    const sample = dataset.get(index);
    const out = images.data.subarray(row * elements, (row + 1) * elements);
    pipeline.apply(sample, foldIn(epochKey, index), out);
    labels.data[row] = BigInt(sample.label);
    if (sample.caption !== undefined) captions.push(sample.caption);
    if (sample.attributes !== undefined) attributes.push(sample.attributes);
    if (sample.domain !== undefined) domains.push(sample.domain);
  });
  return {
    step,
    epoch,
    images,
    labels,
    indices,
    ...(captions.length > 0 && { captions }),
    ...(attributes.length > 0 && { attributes }),
    ...(domains.length > 0 && { domains }),
  };
}
