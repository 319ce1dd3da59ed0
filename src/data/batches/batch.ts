/** Batches: the samples of a step as arrays, named like the model's inputs. */

import type { DType, NdArray } from "../../graph/array.ts";
import type { ObjectAttributes } from "../dataset.ts";
import type { Tokenizer } from "../tokenizers/index.ts";
import type { TransformSpec } from "../transforms/index.ts";
import type { BatchJob } from "./batch-order.ts";

/** The samples of one step. */
export interface Batch {
  /** Global step, counted from 0 through all epochs. */
  readonly step: number;
  readonly epoch: number;
  /** Positions of the samples in their split, `[B]`. */
  readonly indices: Int32Array;
  /** View of the images, if each sample has a fixed number of augmented ones. */
  readonly view?: number;
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

/** What the batches after `seek` contain. */
export interface SeekOptions {
  /** Names of arrays that the batch of these samples does not need, until the next call of `seek`. */
  readonly without?: (job: BatchJob) => readonly string[];
}

/** How samples are converted to arrays. */
export interface BatchOptions {
  /** Image transforms, in order. */
  readonly transforms?: readonly TransformSpec[];
  /** Encodes text as ids; without it, captions are left out of the arrays. */
  readonly tokenizer?: Tokenizer;
  /** `L`, tokens of a sample. */
  readonly contextLength?: number;
  /** Whether batches of images have the domain of each sample. */
  readonly domains?: boolean;
  readonly seed: number;
  /** Whether samples are augmented and windows of text overlap. */
  readonly training: boolean;
}

/** Makes batches of one data set. */
export interface BatchMaker {
  /** Number of samples in the set. */
  readonly length: number;
  readonly fields: Readonly<Record<string, Field>>;
  /** Names of arrays that differ between epochs for the same sample. Default none. */
  readonly varying?: readonly string[];
  make(job: BatchJob): Batch;
}
