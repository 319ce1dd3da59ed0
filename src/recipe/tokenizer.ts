import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { encodeStream } from "../data/batches/stream-batches.ts";
import { unreported } from "../data/data-notes.ts";
import { sampleCaptions } from "../data/dataset.ts";
import { openDataset } from "../data/open-dataset.ts";
import { readSample } from "../data/read-sample.ts";
import { datasets } from "../data/registry.ts";
import { classDescriptions, detailLevels, isDescribed } from "../data/text/class-descriptions.ts";
import { clipTokenizerState, openTokenizer } from "../data/tokenizers/files.ts";
import { hubTokenizerState } from "../data/tokenizers/hub-file.ts";
import {
  type LearnOptions,
  learnTokenizer,
  type Tokenizer,
  type TokenizerState,
} from "../data/tokenizers/index.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import { type ProgressSink, silent } from "../learn/progress.ts";
import { textsOf } from "../models/systems.ts";
import { readClassNames } from "./class-names.ts";
import type { TrainConfig } from "./config.ts";
import { datasetSpec, hasTestSplit } from "./data-specs.ts";
import { upcyclingOf } from "./init-from/upcycle-config.ts";
import { readTokenizer } from "./tokenizer-file.ts";

/**
 * The tokenizer of a configuration: CLIP's, that of a file or checkpoint, or learnt from the training texts, or learnt from the
 * descriptions of classes if the model reads only descriptions. Undefined for a model without text.
 */
export async function prepareTokenizer(
  { model, data, seed, initFrom }: TrainConfig,
  progress: ProgressSink = silent,
): Promise<TokenizerState | undefined> {
  const wanted = "tokenizer" in data ? data.tokenizer : undefined;
  const reads = textsOf(model);
  if (wanted === undefined || reads === "none") return undefined;
  if (wanted.kind === "clip") return clipTokenizerState(rootOf(data));
  if (wanted.kind === "pretrained") return pretrainedTokenizer(resolve(textSource(initFrom)));
  if (wanted.kind === "file") {
    const { file, pad, start, end } = wanted;
    return hubTokenizerState(file, { ...rootOf(data), ...defined({ pad, start, end }) });
  }
  const { kind, ...given } = wanted;
  const options: LearnOptions = {
    ...(given as LearnOptions), // Missing settings are absent, not undefined.
    onProgress: (done, total) => progress.update({ label: "byte pair", done, total }),
  };
  if (reads === "classes") return learnTokenizer(kind, await descriptions(data, seed), options);
  const dataset = await openDataset(datasetSpec(data, "train", seed), unreported);
  switch (dataset.kind) {
    case "stream":
      return learnTokenizer(kind, [dataset.text], options);
    case "text":
      return learnTokenizer(
        kind,
        allTexts(dataset.length, (i) => [readSample(dataset, i).text]),
        options,
      );
    case "image":
      return learnTokenizer(
        kind,
        allTexts(dataset.length, (i) => sampleCaptions(dataset, i)),
        options,
      );
    default:
      return undefined;
  }
}

/** The tokenizer of a run, or of a folder as on the Hugging Face hub. */
async function pretrainedTokenizer(folder: string): Promise<TokenizerState> {
  if (!existsSync(join(folder, "config.yaml"))) return hubTokenizerState(folder, {});
  const state = await readTokenizer(folder);
  if (state !== undefined) return state;
  throw usageError(`the run ${folder} has no tokenizer.json; set another data.tokenizer.kind`);
}

/** The folder that the text side of a model starts from. */
function textSource(initFrom: TrainConfig["initFrom"]): string {
  const source = initFrom?.parts?.text ?? initFrom;
  const path = source?.path ?? (source && upcyclingOf(source.upcycle)?.sources[0]);
  if (path !== undefined) return path;
  throw usageError(
    "data.tokenizer.kind pretrained takes the tokenizer.json of init_from.path, of the first of init_from.upcycle.sources or of init_from.parts.text.path, but none is set; name the folder of the checkpoint",
  );
}

/** The descriptions of the classes, in all levels of detail. */
async function descriptions(data: TrainConfig["data"], seed: number): Promise<string[]> {
  const classNames = await readClassNames({ data, seed });
  return detailLevels.flatMap((detail) =>
    detail === "simple" || isDescribed(data.name)
      ? classDescriptions(data.name, classNames, detail)
      : [],
  );
}

/**
 * Checks before training that a tokenizer of characters knows all characters of a long text's splits.
 *
 * @throws UserError (exit code 2) with the split, line and column of another character
 */
export async function checkCharacters(
  { data, seed }: TrainConfig,
  state: TokenizerState | undefined,
): Promise<void> {
  if (state?.kind !== "character" || state.specials.includes("unknown")) return;
  if (datasets.get(data.name).kind !== "stream") return;
  const tokenizer = await openTokenizer(state);
  for (const split of ["validation", "test"] as const) {
    if (split === "test" && !hasTestSplit(data)) continue;
    const dataset = await openDataset(datasetSpec(data, split, seed), unreported);
    if (dataset.kind === "stream") encodeStream(tokenizer, dataset);
  }
}

/** Opens the tokenizer of a run from its state. */
export function openRunTokenizer({ data }: TrainConfig, state: TokenizerState): Promise<Tokenizer> {
  return openTokenizer(state, rootOf(data));
}

/** The folder of data sets, if a configuration names one. */
export function rootOf(data: TrainConfig["data"]): { root?: string } {
  return "root" in data && data.root !== undefined ? { root: data.root } : {};
}

function* allTexts(length: number, read: (index: number) => readonly string[]): Generator<string> {
  for (let index = 0; index < length; index++) yield* read(index);
}
