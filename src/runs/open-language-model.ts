/** Opens trained language models. */
import type { Tokenizer } from "../data/tokenizers/index.ts";
import { createDecoder, type Decoder } from "../evaluate/generate/decoder.ts";
import type { WeightedOptions } from "../evaluate/model-weights.ts";
import type { LanguageModel } from "../models/language-model.ts";
import { createLanguageModel, type LanguageModelName, systems } from "../models/systems.ts";
import type { TrainConfig } from "../recipe/config.ts";
import type { Checkpoint } from "./checkpoints/checkpoint-store.ts";
import { disposable, type OpenModelOptions, openModel } from "./open-model.ts";

export interface OpenLanguageModelOptions extends OpenModelOptions {
  /** Whether the decoder reports the experts of every token. Default false. */
  readonly experts?: boolean;
}

/** An opened language model; the caller must dispose of it. */
export interface OpenedLanguageModel {
  readonly config: TrainConfig;
  readonly checkpoint: Checkpoint;
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly decoder: Decoder;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A language model, its tokenizer and its weights. */
export interface TextModel {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  /** Tokens that end a text. */
  readonly stopTokens: readonly number[];
  /** Step of the checkpoint of a run. */
  readonly step?: number;
  /** Weights and session options for compiling parts of the model. */
  readonly compile: WeightedOptions;
}

/** The language model of a run before it is compiled for generation. */
export interface RunTextModel extends TextModel {
  readonly config: TrainConfig;
  readonly checkpoint: Checkpoint;
}

/** Reads the language model of a run directory. @throws UserError (exit code 2) as `openLanguageModel` */
export async function readRunTextModel(
  run: string,
  options: OpenModelOptions = {},
): Promise<RunTextModel> {
  const able = systems.list().filter(({ languageModel }) => languageModel !== undefined);
  const names = able.map(({ name }) => name as LanguageModelName);
  const opened = await openModel(run, { names, lacks: "does not continue texts" }, options);
  const { config, checkpoint, settings, tokenizer, compile } = opened;
  const { vocabularySize, endId } = tokenizer;
  const model = createLanguageModel(settings, { vocabularySize });
  const stopTokens = endId === undefined ? [] : [endId];
  return { config, checkpoint, model, tokenizer, stopTokens, step: checkpoint.step, compile };
}

/**
 * Opens the language model of a run directory; its data set is not needed. Weights are the moving
 * averages if the run keeps them.
 *
 * @throws UserError (exit code 2) if the directory is not a run, or its model does not continue texts
 * @example
 * using opened = await openLanguageModel("runs/makemoe-shakespeare");
 * const { decoder, tokenizer } = opened;
 * const prompts = [promptTokens(tokenizer, "ROMEO:")];
 * const steps = generate(decoder, prompts, { maxNewTokens: 100, decode: tokenizer.decode });
 * for await (const { text } of steps) process.stdout.write(text[0]!);
 */
export async function openLanguageModel(
  run: string,
  { experts = false, ...options }: OpenLanguageModelOptions = {},
): Promise<OpenedLanguageModel> {
  const { compile, ...opened } = await readRunTextModel(run, options);
  const { config, checkpoint, model, tokenizer } = opened;
  const decoder = await createDecoder(model, { ...compile, experts });
  const parts = { config, checkpoint, model, tokenizer, decoder };
  return { ...parts, ...disposable(() => decoder.dispose()) };
}
