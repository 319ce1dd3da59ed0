import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import type { Tensor } from "../../graph/graph.ts";
import { moeSchema } from "../../moe/config.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks, moeLayersSchema } from "../../moe/sparse-blocks.ts";
import type { Scope } from "../../nn/scope.ts";
import { requireHeads } from "../heads.ts";
import { type TextClassifierConfig, textClassifier } from "./text-classifier.ts";

/** Settings of the text classifier. */
export const textClassifierSchema = z.strictObject({
  system: z.literal("text-classifier").describe("Name of the system."),
  width: z.int().positive().default(128).describe("Width of the tokens."),
  num_layers: z.int().positive().default(2).describe("Number of transformer blocks."),
  num_heads: z.int().positive().default(4).describe("Attention heads; they divide the width."),
  context_length: z
    .int()
    .positive()
    .max(65_536)
    .default(64)
    .describe("Maximum number of tokens that the model attends to."),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe(
      "Dropout on embeddings, attention weights and attention outputs; experts use `moe.experts.dropout`.",
    ),
  init_std: z
    .number()
    .positive()
    .default(0.02)
    .describe("Standard deviation of the initial weights."),
  moe_layers: moeLayersSchema
    .default("all")
    .describe("Blocks with experts; all others have a dense layer with the experts' architecture."),
  moe: moeSchema
    .prefault({})
    .describe("Router, dispatcher, experts and losses of the layers with experts."),
});

export type TextClassifierSettings = CamelCased<z.output<typeof textClassifierSchema>>;

export interface TextClassifier {
  /** Upper bound of the routed experts per token, on average. */
  readonly numActiveExperts: number;
  /** Class logits `[B, C]` of `ids` `[B, S]` int64 with `lengths` `[B]` int64. */
  readonly logits: (scope: Scope, ids: Tensor, lengths: Tensor) => Tensor;
}

/**
 * Builds the text classifier of the settings for a vocabulary and a number of classes.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent or the routing is not supported
 * @example
 * const { model } = loadConfig("switch-sst2", trainConfigSchema);
 * const classifier = createTextClassifier(model, { vocabularySize: 100, numClasses: 2 });
 * classifier.numActiveExperts; // 1
 */
export function createTextClassifier(
  settings: TextClassifierSettings,
  task: Pick<TextClassifierConfig, "vocabularySize" | "numClasses">,
): TextClassifier {
  const { width, numLayers, contextLength: numTokens } = settings;
  const config: TextClassifierConfig = { ...settings, ...task };
  requireHeads(settings);
  moeBlocks(settings.moeLayers, numLayers); // Throws for blocks that the model does not have.
  const { vocabularySize } = task;
  const context = { width, numTokens, vocabularySize, padding: true };
  const { numActiveExperts } = createMoe(settings.moe, context);
  return {
    numActiveExperts,
    logits: (scope, ids, lengths) => textClassifier(scope, ids, lengths, config),
  };
}
