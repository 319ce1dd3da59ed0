/** Opens the splits of a configuration's data. */

import type { DataNotes } from "../data/data-notes.ts";
import type { Split } from "../data/dataset.ts";
import type { DecodedCache } from "../data/images/decode/decoded-cache.ts";
import { createLoader, type Loader } from "../data/loader.ts";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import { defined } from "../graph/defined.ts";
import type { ProgressSink } from "../learn/progress.ts";
import { textsOf } from "../models/systems.ts";
import type { TrainConfig } from "./config.ts";
import { datasetSpec, transformSpecs } from "./data-specs.ts";
import { pluginUrls } from "./plugins.ts";
import { rootOf } from "./tokenizer.ts";

export interface OpenOptions {
  readonly training: boolean;
  /** Samples of a batch at most, in batches of nearly equal size. Default: `train.batch_size`. */
  readonly evenBatches?: number | undefined;
  readonly tokenizer?: TokenizerState;
  /** Receives the progress of decoding pictures. */
  readonly progress?: ProgressSink | undefined;
  /** Receives what readers of own data skip or doubt. */
  readonly notes?: DataNotes | undefined;
  /** Cache of decoded pictures. */
  readonly decoded?: DecodedCache | undefined;
}

/** Tokens per sample: the setting of the data. Default: the context length of the model. */
export function contextLengthOf({
  model,
  data,
}: Pick<TrainConfig, "model" | "data">): number | undefined {
  const own = "contextLength" in data ? data.contextLength : undefined;
  return own ?? ("contextLength" in model ? model.contextLength : undefined);
}

/** Whether the model reads the texts of samples, as opposed to descriptions of classes only. */
export function readsCaptions({ model }: Pick<TrainConfig, "model">): boolean {
  return textsOf(model) === "samples";
}

/** Augmented versions of each image. Default: new ones in every epoch. */
function viewsOf({ cacheFrozen }: TrainConfig["train"]): number | undefined {
  return typeof cacheFrozen === "object" ? cacheFrozen.views : undefined;
}

/**
 * Opens a loader of one split: shuffled, augmented and endless in training, otherwise one ordered
 * pass.
 */
export function openSplit(
  config: TrainConfig,
  split: Split,
  { training, evenBatches, tokenizer, progress, notes, decoded }: OpenOptions,
): Promise<Loader> {
  const { data, train, seed } = config;
  const contextLength = contextLengthOf(config);
  return createLoader(datasetSpec(data, split, seed), {
    batchSize: evenBatches ?? train.batchSize,
    even: evenBatches !== undefined,
    ...(training &&
      train.samplesPerDomain !== undefined && { samplesPerDomain: train.samplesPerDomain }),
    seed,
    shuffle: training,
    transforms: transformSpecs(data, training),
    ...(training && defined({ views: viewsOf(train) })),
    ...("workers" in data && { workers: data.workers }),
    ...defined({ contextLength }),
    ...rootOf(data),
    ...(config.plugins && { plugins: pluginUrls(config.plugins) }),
    ...(tokenizer !== undefined && readsCaptions(config) && { tokenizer }),
    hooks: {
      decoded,
      ...(progress !== undefined && {
        onProgress: (done: number, total: number) =>
          progress.update({ label: `decoding ${split} images`, done, total }),
      }),
      ...(notes !== undefined && { onReport: notes.add }),
    },
  });
}
