/** A trained language model, ready to continue texts. */
import type { Tokenizer } from "../data/tokenizers/index.ts";
import { createDecoder, type Decoder } from "../evaluate/decoder.ts";
import { UserError } from "../graph/errors.ts";
import type { LanguageModel } from "../models/language-model.ts";
import { createMoeDecoder } from "../models/moe-decoder-config.ts";
import { nativeRuntime } from "../runtime/native.ts";
import { openRun } from "./open-run.ts";
import type { TrainConfig } from "./recipe/config.ts";
import { sessionOptions } from "./recipe/session-options.ts";
import type { Checkpoint } from "./run/checkpoint-store.ts";
import { readWeights } from "./run/state-files.ts";
import { openRunTokenizer } from "./tokenizer.ts";

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
  const { config, checkpoint, tokenizer: state } = await openRun(run, which);
  const { model: settings, runtime, train } = config;
  if (settings.system !== "moe-decoder") {
    throw new UserError(
      `${run} is a run of ${settings.system}, which does not continue texts; name a run of moe-decoder`,
      { exitCode: 2 },
    );
  }
  if (state === undefined) {
    throw new UserError(`${run} has no tokenizer.json; train it again, which writes one`, {
      exitCode: 2,
    });
  }
  const tokenizer = await openRunTokenizer(config, state);
  const model = createMoeDecoder(settings, { vocabularySize: tokenizer.vocabularySize });
  const decoder = await createDecoder(model, {
    runtime: nativeRuntime(),
    weights: await readWeights(checkpoint.path, train.emaDecay !== undefined),
    session: sessionOptions(runtime),
    experts,
  });
  const dispose = (): void => decoder.dispose();
  return { config, checkpoint, model, tokenizer, decoder, dispose, [Symbol.dispose]: dispose };
}
