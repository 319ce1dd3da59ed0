import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks } from "../../moe/sparse-blocks.ts";
import type { VocabularySize } from "../define.ts";
import type { LanguageModel } from "../language-model.ts";
import { mixtureContext } from "./blocks.ts";
import { decoder, decoderPrefill, decoderStep } from "./decoder.ts";
import { type DecoderSettings, decoderConfig } from "./settings.ts";

/**
 * Builds the decoder of the settings for a vocabulary.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent or routing depends on later tokens
 * @example
 * const own = "model={system: decoder, num_key_value_heads: 2}";
 * const { model } = loadConfig("makemoe-shakespeare", trainConfigSchema, { overrides: [own] });
 * createDecoderModel(model, { vocabularySize: 65 }).numKeyValueHeads; // 2
 */
export function createDecoderModel(
  settings: DecoderSettings,
  { vocabularySize }: VocabularySize,
): LanguageModel {
  const config = decoderConfig(settings, vocabularySize);
  const { numLayers, numKeyValueHeads, headWidth } = config;
  moeBlocks(settings.moeLayers, numLayers); // Throws for blocks that the model does not have.
  const { numActiveExperts } = createMoe(config.moe, mixtureContext(config, config.contextLength));
  return {
    ...{ vocabularySize, contextLength: config.contextLength, numLayers },
    ...{ numKeyValueHeads, headWidth, numActiveExperts },
    logits: (scope, ids, lengths) => decoder(scope, ids, config, lengths),
    prefill: (scope, ids, lengths) => decoderPrefill(scope, ids, lengths, config),
    step: (scope, ids, positions, past) => decoderStep(scope, ids, positions, past, config),
  };
}
