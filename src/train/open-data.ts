/** Opens the splits of a configuration's data. */
import type { Split } from "../data/dataset.ts";
import { createLoader, type Loader } from "../data/loader.ts";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import type { TrainConfig } from "./recipe/config.ts";
import { datasetSpec, transformSpecs } from "./recipe/data-specs.ts";
import type { ProgressSink } from "./types.ts";

export interface OpenOptions {
  readonly training: boolean;
  readonly tokenizer?: TokenizerState;
  /** Whom to tell while pictures are decoded. */
  readonly progress?: ProgressSink | undefined;
}

/** A loader of one split: shuffled, augmented and endless in training, else once in order. */
export function openSplit(
  { model, data, train, seed }: TrainConfig,
  split: Split,
  { training, tokenizer, progress }: OpenOptions,
): Promise<Loader> {
  // A model reads no more than its context, so that is what it is given unless the data says less.
  const own = "contextLength" in data ? data.contextLength : undefined;
  const reads = "text" in model ? model.text : "captions"; // Descriptions of classes are no samples.
  const contextLength = own ?? ("contextLength" in model ? model.contextLength : undefined);
  return createLoader(datasetSpec(data, split, seed), {
    batchSize: train.batchSize,
    seed,
    shuffle: training,
    transforms: transformSpecs(data, training),
    ...("workers" in data && { workers: data.workers }),
    ...(contextLength !== undefined && { contextLength }),
    ...(tokenizer !== undefined && reads === "captions" && { tokenizer }),
    ...(progress !== undefined && {
      hooks: {
        onProgress: (done: number, total: number) =>
          progress.update({ label: `decoding ${split} images`, done, total }),
        onSkipped: ({ message }: { message: string }) => progress.note(message),
      },
    }),
  });
}
