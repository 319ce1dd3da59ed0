/** What a configuration says of its data, without reading any: enough to trace its model. */

import { batchMaker } from "../data/batches/batch.ts";
import type { Dataset, ImageDataset, TextDataset } from "../data/dataset.ts";
import { sceneNames } from "../data/images/scenes.ts";
import { openDataset } from "../data/open-dataset.ts";
import { datasets } from "../data/registry.ts";
import {
  createTokenizer,
  learnTokenizer,
  type Tokenizer,
  type TokenizerState,
} from "../data/tokenizers/index.ts";
import { defined } from "../graph/defined.ts";
import { UserError } from "../graph/errors.ts";
import type { TaskData } from "../tasks/task.ts";
import type { TrainConfig } from "./config.ts";
import { datasetSpec, transformSpecs } from "./data-specs.ts";
import { readShape } from "./image-source.ts";
import { contextLengthOf, readsCaptions } from "./open-data.ts";
import { prepareTokenizer } from "./tokenizer.ts";

export interface DescribeOptions {
  /** Size of the vocabulary; by default that of the run, of the tokenizer's file or of the texts. */
  readonly vocabularySize?: number | undefined;
  /** The tokenizer of a run. */
  readonly tokenizer?: TokenizerState | undefined;
}

/** Words of CLIP, two special ones included. */
const CLIP_WORDS = 49_408;

/**
 * Data like those of a configuration in everything that shapes a model: sizes of images, classes,
 * whether there are captions, lengths of texts and size of the vocabulary.
 *
 * Files are opened only for what neither the settings nor the known sets tell: classes of folders,
 * sizes of pictures that are not resized, and vocabularies that are learnt.
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
  const { name } = data;
  const common = { name, split: "train", length: 1 } as const;
  switch (name) {
    case "gaussian-shift":
      return openDataset(datasetSpec(data, "train", seed));
    case "tinyshakespeare":
    case "text-file":
      return {
        kind: "stream",
        ...common,
        text: "word ".repeat((contextLengthOf(config) ?? 0) + 1),
      };
    case "sst2":
    case "ag_news":
    case "labelled-text": {
      const classNames = await classesOf(config);
      return { kind: "text", ...common, classNames, get: () => ({ text: "", label: 0, index: 0 }) };
    }
    default: {
      const classNames = await classesOf(config);
      const imageShape = await readShape(config);
      const captions = ["shapes", "flickr8k", "captioned-images"].includes(name) && ["a picture"];
      const sample = { ...imageShape, label: 0, index: 0, ...(captions && { captions }) };
      const get = () => ({ ...sample, image: new Uint8Array(0) });
      return { kind: "image", ...common, classNames, imageShape, get };
    }
  }
}

async function classesOf({ data, seed }: TrainConfig): Promise<readonly string[]> {
  const { name } = data;
  if (name === "flickr8k") return data.labels === "scenes" ? sceneNames : [];
  const given = name === "labelled-text" ? (data.classNames ?? data.labels) : undefined;
  if (given !== undefined) return given;
  const known = datasets[name].classNames;
  if (known.length > 0 || name === "captioned-images") return known;
  const dataset = await openDataset(datasetSpec(data, "train", seed));
  return (dataset as ImageDataset | TextDataset).classNames;
}

async function describeTokenizer(
  config: TrainConfig,
  { vocabularySize, tokenizer: state }: DescribeOptions,
): Promise<Tokenizer | undefined> {
  const { data, model } = config;
  const wanted = "tokenizer" in data ? data.tokenizer : undefined;
  if (wanted === undefined || ("text" in model && model.text === "none")) return undefined;
  if (vocabularySize !== undefined) return nameless(vocabularySize);
  if (wanted.kind === "clip") return nameless(CLIP_WORDS);
  if (state !== undefined) return createTokenizer(state);
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
      `the vocabulary is learnt from the texts, which cannot be read: ${cause.message}; or say how many words there are with --vocabulary`,
      { exitCode: cause.exitCode, cause },
    );
  }
}

/** A tokenizer of so many words, which it cannot tell apart. */
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
