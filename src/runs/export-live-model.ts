/** Exports run directories as live models for Node and browsers. */

import { join } from "node:path";
import { toSnakeCase } from "../config/case.ts";
import type { ImageDataset } from "../data/dataset.ts";
import { classDescriptions } from "../data/text/class-descriptions.ts";
import { classTemplates } from "../data/text/class-templates.ts";
import { readClipVocabulary } from "../data/tokenizers/files.ts";
import { makeFolder } from "../formats/make-folder.ts";
import { encodeSafetensors } from "../formats/safetensors.ts";
import type { NdArray } from "../graph/array.ts";
import { defined } from "../graph/defined.ts";
import { UserError, usageError } from "../graph/errors.ts";
import { liveKind, needsDataFacts } from "../live/kinds.ts";
import { readLiveModelSpec } from "../live/spec.ts";
import type { LiveKind, LiveModelSpec } from "../live/types.ts";
import { textsOf } from "../models/systems.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { transformSpecs } from "../recipe/data-specs.ts";
import { describeData } from "../recipe/describe-data.ts";
import { modelShape, resizeOf } from "../recipe/image-source.ts";
import { contextLengthOf } from "../recipe/open-data.ts";
import { rootOf } from "../recipe/tokenizer.ts";
import type { CheckpointChoice } from "./checkpoints/choose-checkpoint.ts";
import { writeFileAtomically } from "./files.ts";
import { type ModelInputs, modelInputs, readModelInputs } from "./model-inputs-file.ts";
import { type OpenedRun, openRun } from "./open-run.ts";
import { readWeights } from "./state-files.ts";

/** The input of `createLiveModel`. */
export interface ExportedLiveModel {
  readonly spec: LiveModelSpec;
  /** float32; the moving averages if the run has them. */
  readonly weights: ReadonlyMap<string, NdArray>;
  /** Content of CLIP's vocabulary file, if the tokenizer is CLIP's. */
  readonly vocabulary?: string;
}

export interface ExportLiveModelOptions {
  /** Default: the best checkpoint, or the latest if none was scored. */
  readonly checkpoint?: CheckpointChoice;
  /**
   * Whether the run directory is trusted, by default true. From another one no plug-in is imported and
   * no file outside is read except vocabularies with known names and digests.
   */
  readonly trusted?: boolean;
}

/** File names of a live model; `vocabulary.txt` only exists for CLIP's tokenizer. */
export const LIVE_MODEL_FILES = ["model.json", "weights.safetensors", "vocabulary.txt"] as const;

/**
 * The model of a run. The data set is only opened if the run directory has no `model-inputs.json` and
 * the configuration alone does not determine the inputs.
 *
 * @throws UserError (exit code 2) if the directory is not a run, has no checkpoint, or its model reads
 * neither images nor texts
 */
export async function exportLiveModel(
  run: string,
  { checkpoint: which = "best", trusted = true }: ExportLiveModelOptions = {},
): Promise<ExportedLiveModel> {
  const opened = await openRun(run, which, { trusted });
  const { config, checkpoint, tokenizer } = opened;
  const spec = await describeModel(run, opened);
  const weights = await readWeights(checkpoint.path, config.train.emaDecay !== undefined);
  if (tokenizer?.kind !== "clip" || spec.tokenizer === undefined) return { spec, weights };
  const vocabulary = await readClipVocabulary(tokenizer, {
    ...rootOf(config.data),
    knownOnly: !trusted,
  });
  return { spec, weights, vocabulary };
}

/**
 * `model.json` of a run without its weights, for a quick look at what the model can do.
 *
 * @throws UserError as `exportLiveModel`
 */
export async function exportLiveModelSpec(
  run: string,
  { checkpoint = "best" }: ExportLiveModelOptions = {},
): Promise<LiveModelSpec> {
  return describeModel(run, await openRun(run, checkpoint));
}

/** The files of a live model by name, each as a list of chunks. */
export function encodeLiveModel({
  spec,
  weights,
  vocabulary,
}: ExportedLiveModel): ReadonlyMap<(typeof LIVE_MODEL_FILES)[number], readonly Uint8Array[]> {
  const utf8 = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];
  return new Map([
    ["model.json", utf8(`${JSON.stringify(spec)}\n`)],
    ["weights.safetensors", encodeSafetensors(weights)],
    ...(vocabulary === undefined ? [] : [["vocabulary.txt", utf8(vocabulary)] as const]),
  ]);
}

/**
 * Writes the model of a run to a folder and returns the paths of its files.
 *
 * @throws UserError if a file cannot be written
 */
export async function writeLiveModel(
  run: string,
  folder: string,
  options: ExportLiveModelOptions = {},
): Promise<string[]> {
  const files = encodeLiveModel(await exportLiveModel(run, options));
  await makeFolder(folder);
  const paths: string[] = [];
  for (const [name, chunks] of files) {
    const path = join(folder, name);
    await writeFileAtomically(path, chunks);
    paths.push(path);
  }
  return paths;
}

async function describeModel(
  run: string,
  { config, checkpoint, tokenizer }: OpenedRun,
): Promise<LiveModelSpec> {
  const { model, recipe } = config;
  const kind = liveKind(model);
  if (kind === undefined) {
    throw usageError(
      `${run} is a run of ${model.system}, which reads neither images nor texts; it has no live model`,
    );
  }
  const inputs = needsDataFacts(model) ? await inputsOf(run, config) : undefined;
  const texts = textsOf(model);
  const readsText = texts !== "none";
  if (readsText && tokenizer === undefined) {
    throw usageError(`${run} has no tokenizer.json; train it again, which writes one`);
  }
  const classNames = kind === "captioner" ? [] : (inputs?.classNames ?? []);
  const contextLength = readsText ? lengthOfTexts(config, kind) : undefined;
  const promptDetail = "promptDetail" in model ? model.promptDetail : "simple";
  const spec = {
    version: 1,
    kind,
    recipe,
    step: checkpoint.step,
    model: toSnakeCase(model),
    ...(inputs?.images && imageSettings(config, inputs.images)),
    classNames,
    ...(texts === "classes" && {
      classPrompts: classDescriptions(inputs!.dataset, classNames, promptDetail),
    }),
    ...(kind === "contrastive" && { classTemplates: classTemplates(inputs!.dataset) }),
    ...(readsText && { tokenizer }),
    ...defined({ contextLength }),
  };
  // Round trip through JSON, which drops undefined values.
  return readLiveModelSpec(JSON.parse(JSON.stringify(spec)), `the model of ${run}`);
}

async function inputsOf(run: string, config: TrainConfig): Promise<ModelInputs> {
  const known = await readModelInputs(run);
  if (known !== undefined) return known;
  try {
    const { dataset } = await describeData(config, { vocabularySize: 2 });
    return modelInputs(dataset as ImageDataset);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw usageError(
      `${run} has no model-inputs.json, and its data cannot be opened instead: ${cause.message}`,
      { cause },
    );
  }
}

/**
 * Tokens per text: the length of the run's samples if samples are texts, otherwise the context
 * length.
 */
function lengthOfTexts(config: TrainConfig, kind: LiveKind): number | undefined {
  const { model } = config;
  const isSample = kind === "text-classifier" || kind === "contrastive";
  if (isSample) return contextLengthOf(config);
  return "contextLength" in model ? model.contextLength : undefined;
}

function imageSettings(
  config: TrainConfig,
  read: NonNullable<ModelInputs["images"]>,
): Pick<LiveModelSpec, "imageShape" | "imageSizes" | "imageFit" | "normalize"> {
  const { data } = config;
  const imageShape = modelShape(config, read);
  const sizes = transformSpecs(data, false).flatMap((step): (readonly [number, number])[] => {
    if (!("resize" in step)) return [];
    const { size } = step.resize;
    return [typeof size === "number" ? [size, size] : size];
  });
  const imageSizes = [[read.height, read.width] as const, ...sizes];
  return {
    imageShape,
    ...(sizes.length > 0 && { imageSizes }),
    ...(resizeOf(config) !== "squash" && { imageFit: resizeOf(config) }),
    ...("normalize" in data && { normalize: data.normalize }),
  };
}
