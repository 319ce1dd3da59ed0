/** The samples of every step, in file order or shuffled. */

import { usageError } from "../../graph/errors.ts";
import { foldIn, key, permutation } from "../../random/index.ts";

/** The samples of one step: all that is needed to make its batch anywhere. */
export interface BatchJob {
  readonly step: number;
  readonly epoch: number;
  readonly indices: Int32Array;
  /** What the augmentation of a sample follows from besides its index; by default the epoch. */
  readonly draw?: number;
}

/** What determines the order of samples. */
export interface OrderOptions {
  readonly length: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
  /** Whether the last batch of an epoch is left out if it is smaller. */
  readonly dropLast: boolean;
}

/** The samples of every step. */
export interface BatchOrder {
  readonly batchesPerEpoch: number;
  readonly job: (step: number) => BatchJob;
}

/** The order of samples: epoch e is the permutation that (seed, "shuffle", e) addresses. */
export function batchOrder(options: OrderOptions): BatchOrder {
  const { length, batchSize, seed, shuffle, dropLast } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw usageError(`batch_size must be a whole number above 0, got ${batchSize}`);
  }
  const batchesPerEpoch = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
  if (batchesPerEpoch === 0) {
    throw usageError(
      `batch_size ${batchSize} leaves no batch of ${length} samples; lower it or keep the last batch`,
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
