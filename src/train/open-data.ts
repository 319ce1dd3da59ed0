/** Opens the splits of a configuration's data. */
import type { Split } from "../data/dataset.ts";
import { createLoader, type Loader } from "../data/loader.ts";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import type { TrainConfig } from "./config.ts";
import { datasetSpec, transformSpecs } from "./data-specs.ts";

export interface OpenOptions {
  readonly training: boolean;
  readonly tokenizer?: TokenizerState;
}

/** A loader of one split: shuffled, augmented and endless in training, else once in order. */
export function openSplit(
  { data, train, seed }: TrainConfig,
  split: Split,
  { training, tokenizer }: OpenOptions,
): Promise<Loader> {
  return createLoader(datasetSpec(data, split, seed), {
    batchSize: train.batchSize,
    seed,
    shuffle: training,
    transforms: transformSpecs(data, training),
    ...("workers" in data && { workers: data.workers }),
    ...("contextLength" in data && { contextLength: data.contextLength as number }),
    ...(tokenizer !== undefined && { tokenizer }),
  });
}
