import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import type { Tensor } from "../../graph/graph.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks } from "../../moe/sparse-blocks.ts";
import type { Scope } from "../../nn/scope.ts";
import { requireHeads } from "../heads.ts";
import {
  blockSettings,
  contextLength,
  dropoutRate,
  initStd,
  sparseSettings,
  textNormSettings,
} from "../settings.ts";
import { type TextClassifierConfig, textClassifier } from "./text-classifier.ts";

/** Settings of the text classifier. */
export const textClassifierSchema = z.strictObject({
  system: z.literal("text-classifier").describe("Name of the system."),
  ...blockSettings(128, 2, 4),
  context_length: contextLength(64),
  ...textNormSettings,
  pool: z
    .enum(["mean", "cls"])
    .default("mean")
    .describe("Features of the head: the mean of the tokens, or the first token."),
  dropout: dropoutRate(0.1),
  init_std: initStd,
  ...sparseSettings,
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
