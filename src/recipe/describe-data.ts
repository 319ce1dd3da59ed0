/**
 * Properties of a configuration's data that suffice to trace its model, mostly without reading
 * files.
 */

import { batchMaker } from "../data/batches/batch-maker.ts";
import type { Dataset } from "../data/dataset.ts";
import { openDataset } from "../data/open-dataset.ts";
import { datasets } from "../data/registry.ts";
import { openTokenizer } from "../data/tokenizers/files.ts";
import {
  createTokenizer,
  learnTokenizer,
  type Tokenizer,
  type TokenizerState,
} from "../data/tokenizers/index.ts";
import { defined } from "../graph/defined.ts";
import { UserError } from "../graph/errors.ts";
import { textsOf } from "../models/systems.ts";
import type { TaskData } from "../tasks/task.ts";
import { readClassNames } from "./class-names.ts";
import type { TrainConfig } from "./config.ts";
import { datasetSpec, knownProperties, transformSpecs } from "./data-specs.ts";
import { readShape } from "./image-source.ts";
import { contextLengthOf, readsCaptions } from "./open-data.ts";
import { prepareTokenizer } from "./tokenizer.ts";

export interface DescribeOptions {
  /** Size of the vocabulary. Default: from the run, the file of the tokenizer, or the texts. */
  readonly vocabularySize?: number | undefined;
  /** The tokenizer of a run. */
  readonly tokenizer?: TokenizerState | undefined;
}

/** Size of CLIP's vocabulary, including two special tokens. */
const CLIP_WORDS = 49_408;

/**
 * Describes data by the properties that determine the shape of a model: image sizes, classes,
 * presence of captions, text lengths and vocabulary size.
 *
 * Files are opened only for properties that neither the settings nor the definition of the set have:
 * classes of folders, sizes of pictures without resizing, and learnt vocabularies.
 *
 * @throws UserError if a property needs files that cannot be read
 */
export async function describeData(
  config: TrainConfig,
  options: DescribeOptions = {},
): Promise<TaskData> {
  const { data, seed } = config;
  const dataset = await describeSet(config);
  const tokenizer = await describeTokenizer(config, options);
  const contextLength = contextLengthOf(config);
  const { fields } = batchMaker(dataset, {
    transforms: transformSpecs(data, true),
    seed,
    training: true,
    ...defined({ contextLength }),
    ...(tokenizer !== undefined && readsCaptions(config) && { tokenizer }),
  });
  return { dataset, fields, ...defined({ tokenizer }) };
}

async function describeSet(config: TrainConfig): Promise<Dataset> {
  const { data, seed } = config;
  const common = { name: data.name, split: "train", length: 1 } as const;
  const { kind } = datasets.get(data.name);
  switch (kind) {
    case "points":
      return openDataset(datasetSpec(data, "train", seed));
    case "stream":
      return { kind, ...common, text: "word ".repeat((contextLengthOf(config) ?? 0) + 1) };
    case "text": {
      const classNames = await readClassNames(config);
      return { kind, ...common, classNames, get: () => ({ text: "", label: 0, index: 0 }) };
    }
    case "image": {
      const classNames = await readClassNames(config);
      const imageShape = await readShape(config);
      const captions = knownProperties(data).captions && ["a picture"];
      const sample = { ...imageShape, label: 0, index: 0, ...(captions && { captions }) };
      const get = () => ({ ...sample, image: new Uint8Array(0) });
      return { kind, ...common, classNames, imageShape, get };
    }
  }
}

async function describeTokenizer(
  config: TrainConfig,
  { vocabularySize, tokenizer: state }: DescribeOptions,
): Promise<Tokenizer | undefined> {
  const { data, model } = config;
  const wanted = "tokenizer" in data ? data.tokenizer : undefined;
  if (wanted === undefined || textsOf(model) === "none") return undefined;
  if (vocabularySize !== undefined) return nameless(vocabularySize);
  if (wanted.kind === "clip") return nameless(CLIP_WORDS);
  if (state !== undefined) return openTokenizer(state);
  if (wanted.kind === "file" || wanted.kind === "pretrained") {
    return openTokenizer((await prepareTokenizer(config))!);
  }
  if (wanted.kind === "byte") {
    const { specials } = wanted;
    return createTokenizer(learnTokenizer("byte", [], specials ? { specials } : {}));
  }
  try {
    const learnt = await prepareTokenizer(config);
    return learnt && createTokenizer(learnt);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(
      `the vocabulary is learnt from the texts, which cannot be read: ${cause.message}; or set the vocabulary size with --vocabulary`,
      { exitCode: cause.exitCode, cause },
    );
  }
}

/** A tokenizer with a vocabulary of this size that maps every word to 0. */
function nameless(vocabularySize: number): Tokenizer {
  return {
    state: { kind: "byte", specials: [] },
    vocabularySize,
    padId: 0,
    startId: vocabularySize - 2,
    endId: vocabularySize - 1,
    encode: (text) => text.split(/\s+/).map(() => 0),
    decode: () => "",
  };
}
