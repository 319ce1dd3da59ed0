/** Batches: the samples of a step as arrays, by the names that a model's inputs have. */

import type { DType, NdArray } from "../../graph/array.ts";
import type { Dataset, ObjectAttributes } from "../dataset.ts";
import type { Tokenizer } from "../tokenizers/index.ts";
import type { TransformSpec } from "../transforms/index.ts";
import type { BatchJob } from "./batch-order.ts";
import { imageBatches } from "./image-batches.ts";
import { pointsBatches } from "./points-batches.ts";
import { streamBatches } from "./stream-batches.ts";
import { textBatches } from "./text-batches.ts";

export interface Batch {
  /** Global step, counted from 0 through all epochs. */
  readonly step: number;
  readonly epoch: number;
  /** Positions of the samples in their split, `[B]`. */
  readonly indices: Int32Array;
  /** The fields of the samples, each with the batch axis first. */
  readonly arrays: Readonly<Record<string, NdArray>>;
  readonly captions?: readonly (readonly string[])[];
  readonly attributes?: readonly (readonly ObjectAttributes[])[];
  readonly domains?: readonly string[];
}

/** One array of a batch: its type, and its shape without the batch axis. */
export interface Field {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface BatchOptions {
  /** What happens to images, in order. */
  readonly transforms?: readonly TransformSpec[];
  /** Turns text into ids; captions are left out of the arrays without it. */
  readonly tokenizer?: Tokenizer;
  /** `L`, tokens of a sample. */
  readonly contextLength?: number;
  /** Whether batches of images tell the domain of each sample. */
  readonly domains?: boolean;
  readonly seed: number;
  /** Whether samples are augmented and windows of text overlap. */
  readonly training: boolean;
}

/** Makes batches of one data set. */
export interface BatchMaker {
  /** Samples in the set. */
  readonly length: number;
  readonly fields: Readonly<Record<string, Field>>;
  make(job: BatchJob): Batch;
}

/**
 * How a data set becomes batches.
 *
 * Images give `images` `[B, C, H, W]` and `labels` `[B]`, and with a tokenizer `tokens` `[B, L]` and
 * `lengths` `[B]` of a caption each; sentences give `tokens`, `lengths` and `labels`; a stream gives
 * `tokens` `[B, L]` and `targets` `[B, L]`, which are the tokens one place later; points give
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
