/** The samples of every step, in file order or shuffled. */

import { usageError } from "../../graph/errors.ts";
import { foldIn, key, permutation } from "../../random/index.ts";

/** The samples of one step: everything needed to make its batch on any thread. */
export interface BatchJob {
  readonly step: number;
  readonly epoch: number;
  readonly indices: Int32Array;
  /** Seed index of the augmentation besides the sample's index; by default the epoch. */
  readonly draw?: number;
  /** Seed index of the augmentation of images instead of `draw`, if each has a fixed number of views. */
  readonly view?: number;
  /** Names of arrays that the batch does not need. */
  readonly without?: readonly string[];
}

/** What determines the order of samples. */
export interface OrderOptions {
  readonly length: number;
  readonly batchSize: number;
  /** Whether batches are of nearly equal size, at most `batchSize`. Default false. */
  readonly even?: boolean;
  readonly seed: number;
  readonly shuffle: boolean;
  /** Whether a smaller last batch of an epoch is dropped. */
  readonly dropLast: boolean;
}

/** The samples of every step. */
export interface BatchOrder {
  readonly batchesPerEpoch: number;
  readonly job: (step: number) => BatchJob;
}

/**
 * The order of samples: epoch e uses the permutation addressed by (seed, "shuffle", e).
 *
 * @throws UserError (exit code 2) if the batch size is invalid or leaves no batch
 */
export function batchOrder(options: OrderOptions): BatchOrder {
  const { length, batchSize: most, even = false, seed, shuffle, dropLast } = options;
  if (!Number.isInteger(most) || most < 1) {
    throw usageError(`batch_size must be a whole number above 0, got ${most}`);
  }
  const batchSize = even && length > 0 ? Math.ceil(length / Math.ceil(length / most)) : most;
  const batchesPerEpoch = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
  if (batchesPerEpoch === 0) {
    throw usageError(
      `batch_size ${batchSize} exceeds the dataset of ${length} samples; lower it or keep the last batch`,
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
