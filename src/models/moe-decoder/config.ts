import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { moeSchema } from "../../moe/config.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks, moeLayersSchema } from "../../moe/sparse-blocks.ts";
import { requireHeads } from "../heads.ts";
import type { LanguageModel } from "../language-model.ts";
import {
  type MoeDecoderConfig,
  mixtureContext,
  moeDecoder,
  moeDecoderPrefill,
  moeDecoderStep,
} from "./moe-decoder.ts";

/** Settings of the causal language model; sizes are makeMoE's by default. */
export const moeDecoderSchema = z.strictObject({
  system: z.literal("moe-decoder"),
  width: z.int().positive().default(128),
  num_layers: z.int().positive().default(8),
  num_heads: z.int().positive().default(8),
  /** Tokens that it sees at most. */
  context_length: z.int().positive().max(65_536).default(32),
  /** After attention weights and after attention; experts have `moe.experts.dropout`. */
  dropout: z.number().min(0).lt(1).default(0.1),
  /** Scores are divided by the root of the head's width (the paper), or of the model's (makeMoE). */
  attention_scale: z.enum(["head", "model"]).default("head"),
  /** Blocks with experts; the others have a dense layer of the experts' form. */
  moe_layers: moeLayersSchema.default("all"),
  moe: moeSchema.prefault({}),
});

export type MoeDecoderSettings = CamelCased<z.output<typeof moeDecoderSchema>>;

/**
 * The language model that settings describe, for a vocabulary.
 *
 * @throws UserError (exit code 2) for sizes that do not fit together and for routing that looks ahead
 * @example
 * const { model } = loadConfig("makemoe-shakespeare", trainConfigSchema);
 * const decoder = createMoeDecoder(model, { vocabularySize: 65 });
 * decoder.headWidth; // 16
 */
export function createMoeDecoder(
  settings: MoeDecoderSettings,
  { vocabularySize }: { readonly vocabularySize: number },
): LanguageModel {
  const { width, numHeads, numLayers, contextLength, moe } = settings;
  const config: MoeDecoderConfig = { ...settings, vocabularySize };
  requireHeads(settings);
  moeBlocks(settings.moeLayers, numLayers); // Refuses blocks that the model has not.
  const { numActiveExperts } = createMoe(moe, mixtureContext(config, contextLength));
  return {
    vocabularySize,
    contextLength,
    numLayers,
    numHeads,
    headWidth: width / numHeads,
    numActiveExperts,
    logits: (scope, ids, lengths) => moeDecoder(scope, ids, config, lengths),
    prefill: (scope, ids, lengths) => moeDecoderPrefill(scope, ids, lengths, config),
    step: (scope, ids, positions, past) => moeDecoderStep(scope, ids, positions, past, config),
  };
}
