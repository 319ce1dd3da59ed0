/** A trained language model, ready to continue texts. */
import type { Tokenizer } from "../data/tokenizers/index.ts";
import { createDecoder, type Decoder } from "../evaluate/generate/decoder.ts";
import type { LanguageModel } from "../models/language-model.ts";
import { createMoeDecoder } from "../models/moe-decoder/config.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { sessionOptions } from "../recipe/session-options.ts";
import { openRunTokenizer } from "../recipe/tokenizer.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import type { Checkpoint } from "./checkpoint-store.ts";
import { openTextRun } from "./open-run.ts";

export interface OpenLanguageModelOptions {
  /** Default: the best checkpoint, or the latest where none was scored. */
  readonly checkpoint?: "best" | "latest";
  /** Whether the decoder tells the experts of every token. Default false. */
  readonly experts?: boolean;
}

/** The caller disposes of it. */
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
 * averages where the run keeps them.
 *
 * @throws UserError (exit code 2) where the directory is no run, or its model does not continue texts
 * @example
 * using opened = await openLanguageModel("runs/makemoe-shakespeare");
 * const { decoder, tokenizer } = opened;
 * const prompts = [promptTokens(tokenizer, "ROMEO:")];
 * const steps = generate(decoder, prompts, { maxNewTokens: 100, decode: tokenizer.decode });
 * for await (const { text } of steps) process.stdout.write(text[0]!);
 */
export async function openLanguageModel(
  run: string,
  { checkpoint: which = "best", experts = false }: OpenLanguageModelOptions = {},
): Promise<OpenedLanguageModel> {
  const opened = await openTextRun(run, which, {
    system: "moe-decoder",
    lacks: "does not continue texts",
  });
  const { config, checkpoint, settings, weights } = opened;
  const tokenizer = await openRunTokenizer(config, opened.tokenizer);
  const model = createMoeDecoder(settings, { vocabularySize: tokenizer.vocabularySize });
  const decoder = await createDecoder(model, {
    runtime: nativeRuntime(),
    weights,
    session: sessionOptions(config.runtime),
    experts,
  });
  const dispose = (): void => decoder.dispose();
  return { config, checkpoint, model, tokenizer, decoder, dispose, [Symbol.dispose]: dispose };
}
