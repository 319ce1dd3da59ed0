/** Opens language models of runs and of checkpoints on the Hugging Face hub alike. */
import { createDecoder, type Decoder } from "../evaluate/generate/decoder.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { OnProgress } from "../pretrained/convert.ts";
import { isHubFolder } from "../pretrained/hub-folder.ts";
import { openFolderTokenizer, readStopTokens } from "../pretrained/hub-text.ts";
import { openPretrained } from "../pretrained/open-pretrained.ts";
import { chooseWeightType, type WeightChoice } from "../pretrained/weight-type.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import {
  type OpenLanguageModelOptions,
  readRunTextModel,
  type TextModel,
} from "./open-language-model.ts";
import { disposable } from "./open-model.ts";

export interface OpenTextModelOptions extends OpenLanguageModelOptions {
  /**
   * Tokens of the context of a checkpoint from the hub, for which generation reserves memory.
   * Default 2048.
   */
  readonly contextLength?: number | undefined;
  /**
   * Element type in which the matrices of a checkpoint from the hub are held; they are cast to float32 where
   * they are used. `auto`, the default, is bfloat16 if float32 does not fit into memory.
   */
  readonly weightType?: WeightChoice | undefined;
  /** Receives a sentence if `auto` chooses bfloat16. */
  readonly note?: (line: string) => void;
  /** Called while the weights of a checkpoint from the hub are read, with parameters read and all. */
  readonly onProgress?: OnProgress;
}

/** A text model that is ready to generate; the caller must dispose of it. */
export interface OpenedTextModel extends TextModel {
  readonly decoder: Decoder;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Default tokens of the context of a checkpoint from the hub. */
const CONTEXT = 2048;

/**
 * Reads the language model of a run directory, or of a folder as on the Hugging Face hub.
 *
 * @throws UserError (exit code 2) if it is neither, or its model does not continue texts
 */
export async function readTextModel(
  source: string,
  {
    contextLength = CONTEXT,
    weightType = "auto",
    note,
    onProgress,
    ...options
  }: OpenTextModelOptions = {},
): Promise<TextModel> {
  if (!isHubFolder(source)) {
    requireFloat32(source, weightType);
    return readRunTextModel(source, options);
  }
  const opened = await openPretrained(source, { contextLength });
  const { model, config, parameters, readWeights } = opened;
  const type = chooseWeightType(weightType, { folder: source, parameters, note });
  const tokenizer = await openFolderTokenizer(source, model.vocabularySize);
  const stopTokens = await readStopTokens(source, config);
  const weights = await readWeights({ type, ...defined({ onProgress }) });
  const compile = { runtime: defaultRuntime(), weights };
  return { model, tokenizer, stopTokens, compile };
}

function requireFloat32(run: string, type: WeightChoice): void {
  if (type !== "bfloat16") return;
  throw usageError(
    `${run} is a run, whose weights are float32; --weights bfloat16 is for checkpoints from the hub`,
  );
}

/**
 * Opens the language model of a run directory, or of a folder as on the Hugging Face hub, for
 * generation.
 *
 * @throws UserError (exit code 2) if it is neither, or its model does not continue texts
 * @example
 * using opened = await openTextModel("OLMoE-1B-7B", { contextLength: 512 });
 * const prompts = [promptTokens(opened.tokenizer, "Once upon a time")];
 */
export async function openTextModel(
  source: string,
  options: OpenTextModelOptions = {},
): Promise<OpenedTextModel> {
  const read = await readTextModel(source, options);
  const { experts = false } = options;
  const decoder = await createDecoder(read.model, { ...read.compile, experts });
  return { ...read, decoder, ...disposable(() => decoder.dispose()) };
}
