/** Opens language models of runs and of checkpoints on the Hugging Face hub alike. */
import { createDecoder, type Decoder } from "../evaluate/generate/decoder.ts";
import { isHubFolder } from "../pretrained/hub-folder.ts";
import { openFolderTokenizer, readStopTokens } from "../pretrained/hub-text.ts";
import { openPretrained } from "../pretrained/open-pretrained.ts";
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
  { contextLength = CONTEXT, ...options }: OpenTextModelOptions = {},
): Promise<TextModel> {
  if (!isHubFolder(source)) return readRunTextModel(source, options);
  const { model, config, readWeights } = await openPretrained(source, { contextLength });
  const tokenizer = await openFolderTokenizer(source, model.vocabularySize);
  const stopTokens = await readStopTokens(source, config);
  const compile = { runtime: defaultRuntime(), weights: await readWeights() };
  return { model, tokenizer, stopTokens, compile };
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
