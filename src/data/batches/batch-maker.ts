/** Makes batches of a data set of any kind. */
import type { Dataset } from "../dataset.ts";
import type { BatchMaker, BatchOptions } from "./batch.ts";
import { imageBatches } from "./image-batches.ts";
import { pointsBatches } from "./points-batches.ts";
import { streamBatches } from "./stream-batches.ts";
import { textBatches } from "./text-batches.ts";

/**
 * Binds batching options to a data set.
 *
 * Images give `images` `[B, C, H, W]` and `labels` `[B]`, and with a tokenizer `tokens` `[B, L]` and
 * `lengths` `[B]` of a caption each; sentences give `tokens`, `lengths` and `labels`; a stream gives
 * `tokens` `[B, L]` and `targets` `[B, L]`, the tokens one place later; points give
 * `features` `[B, D]` and `labels`.
 */
export function batchMaker(dataset: Dataset, options: BatchOptions): BatchMaker {
  switch (dataset.kind) {
    case "image":
      return imageBatches(dataset, options);
    case "text":
      return textBatches(dataset, options);
    case "stream":
      return streamBatches(dataset, options);
    case "points":
      return pointsBatches(dataset);
  }
}
