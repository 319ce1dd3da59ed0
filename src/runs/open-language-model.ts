/** Opens trained language models. */
import type { Tokenizer } from "../data/tokenizers/index.ts";
import { createDecoder, type Decoder } from "../evaluate/generate/decoder.ts";
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
  const able = systems.list().filter(({ languageModel }) => languageModel !== undefined);
  const names = able.map(({ name }) => name as LanguageModelName);
  const opened = await openModel(run, { names, lacks: "does not continue texts" }, options);
  const { config, checkpoint, settings, tokenizer, compile } = opened;
  const { vocabularySize } = tokenizer;
  const model = createLanguageModel(settings, { vocabularySize });
  const decoder = await createDecoder(model, { ...compile, experts });
  const parts = { config, checkpoint, model, tokenizer, decoder };
  return { ...parts, ...disposable(() => decoder.dispose()) };
}
