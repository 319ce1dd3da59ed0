/** Opens decoders as on the Hugging Face hub. */
import { usageError } from "../graph/errors.ts";
import type { DecoderSettings } from "../models/decoder/settings.ts";
import type { LanguageModel } from "../models/language-model.ts";
import { createLanguageModel } from "../models/systems.ts";
import type { HubConfig } from "./hub-config.ts";
import { openCheckpoint, type PretrainedCheckpoint } from "./open-checkpoint.ts";

export interface OpenPretrainedOptions {
  /**
   * Tokens of the context, at most those of the checkpoint; generation reserves memory for them.
   * Default: those of the checkpoint.
   */
  readonly contextLength?: number;
}

/** A decoder whose names and shapes were checked; its weights are not read yet. */
export interface Pretrained extends PretrainedCheckpoint {
  readonly config: HubConfig;
  readonly settings: DecoderSettings;
  readonly model: LanguageModel;
}

/**
 * Opens a folder with `config.json` and safetensors files of a decoder, and finds every parameter of
 * its model.
 *
 * @throws UserError (exit code 2) for a family that is not known or no decoder, a setting that the
 *   model does not compute, or names and shapes that do not fit
 * @example
 * const { model, readWeights } = await openPretrained("OLMoE-1B-7B", { contextLength: 512 });
 * const decoder = await createDecoder(model, { runtime, weights: await readWeights() });
 */
export async function openPretrained(
  folder: string,
  { contextLength }: OpenPretrainedOptions = {},
): Promise<Pretrained> {
  const checkpoint = await openCheckpoint(folder, (settings) => {
    if (settings.system !== "decoder") return settings;
    const most = settings.context_length as number;
    return { ...settings, context_length: Math.min(contextLength ?? most, most) };
  });
  if (!isDecoder(checkpoint)) {
    throw usageError(
      `${folder}: ${checkpoint.family.title} is an encoder, which does not continue texts; start a training from it with init_from.path`,
    );
  }
  const { settings, config } = checkpoint;
  const model = createLanguageModel(settings, { vocabularySize: config.vocab_size });
  return { ...checkpoint, model };
}

function isDecoder(
  checkpoint: PretrainedCheckpoint,
): checkpoint is PretrainedCheckpoint & Pick<Pretrained, "config" | "settings"> {
  return checkpoint.family.kind === "decoder";
}
