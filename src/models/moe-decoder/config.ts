import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks } from "../../moe/sparse-blocks.ts";
import { requireHeads } from "../heads.ts";
import type { LanguageModel } from "../language-model.ts";
import { blockSettings, contextLength, sparseSettings } from "../settings.ts";
import {
  type MoeDecoderConfig,
  mixtureContext,
  moeDecoder,
  moeDecoderPrefill,
  moeDecoderStep,
} from "./moe-decoder.ts";

/** Settings of the causal language model; sizes are makeMoE's by default. */
export const moeDecoderSchema = z.strictObject({
  system: z.literal("moe-decoder").describe("Name of the system."),
  ...blockSettings(128, 8, 8),
  context_length: contextLength(32),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe(
      "Dropout on attention weights and attention outputs; experts use `moe.experts.dropout`.",
    ),
  attention_scale: z
    .enum(["head", "model"])
    .default("head")
    .describe(
      "Divisor of attention scores: square root of the head width (paper) or model width (makeMoE).",
    ),
  ...sparseSettings,
});

export type MoeDecoderSettings = CamelCased<z.output<typeof moeDecoderSchema>>;

/**
 * Builds the language model of the settings for a vocabulary.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent or routing depends on later tokens
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
  moeBlocks(settings.moeLayers, numLayers); // Throws for blocks that the model does not have.
  const { numActiveExperts } = createMoe(moe, mixtureContext(config, contextLength));
  return {
    vocabularySize,
    contextLength,
    numLayers,
    numKeyValueHeads: numHeads,
    headWidth: width / numHeads,
    numActiveExperts,
    logits: (scope, ids, lengths) => moeDecoder(scope, ids, config, lengths),
    prefill: (scope, ids, lengths) => moeDecoderPrefill(scope, ids, lengths, config),
    step: (scope, ids, positions, past) => moeDecoderStep(scope, ids, positions, past, config),
  };
}
