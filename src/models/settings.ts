/** Settings that several systems have; each passes its own defaults. */
import * as z from "zod";
import { moeSchema } from "../moe/config.ts";
import { moeLayersSchema } from "../moe/sparse-blocks.ts";

/**
 * How images become tokens.
 *
 * @example
 * const settings = z.strictObject(patchSettings(4)).parse({});
 * settings.patch_size; // 4
 */
export function patchSettings(patchSize: number) {
  return {
    patch_size: z.int().positive().default(patchSize).describe("Side of a patch, pixels."),
    stem: z
      .enum(["linear", "conv"])
      .default("linear")
      .describe("Patch embedding; small models learn faster with a convolution stem."),
  };
}

/**
 * Number of blocks; the deepest published transformers have 1000 (arXiv:2203.00555).
 *
 * @example
 * layerCount(4).parse(undefined); // 4
 */
export function layerCount(numLayers: number) {
  return z.int().positive().max(1000).default(numLayers).describe("Number of transformer blocks.");
}

/**
 * Sizes of a stack of transformer blocks.
 *
 * @example
 * const settings = z.strictObject(blockSettings(64, 2, 4)).parse({ width: 32 });
 * [settings.width, settings.num_layers, settings.num_heads]; // [32, 2, 4]
 */
export function blockSettings(width: number, numLayers: number, numHeads: number) {
  return {
    width: z.int().positive().default(width).describe("Width of the tokens."),
    num_layers: layerCount(numLayers),
    num_heads: z
      .int()
      .positive()
      .default(numHeads)
      .describe("Attention heads; they divide the width."),
  };
}

/**
 * Maximum number of tokens of a text.
 *
 * @example
 * contextLength(40).parse(undefined); // 40
 */
export function contextLength(
  numTokens: number,
  description = "Maximum number of tokens that the model attends to.",
) {
  return z.int().positive().max(65_536).default(numTokens).describe(description);
}

/**
 * Dropout of models with embeddings.
 *
 * @example
 * dropoutRate(0.1).parse(undefined); // 0.1
 */
export function dropoutRate(rate: number) {
  return z
    .number()
    .min(0)
    .lt(1)
    .default(rate)
    .describe(
      "Dropout on embeddings, attention weights and attention outputs; experts use `moe.experts.dropout`.",
    );
}

/**
 * Standard deviation of initial weights.
 *
 * @example
 * initStd.parse(undefined); // 0.02
 */
export const initStd = z
  .number()
  .positive()
  .default(0.02)
  .describe("Standard deviation of the initial weights.");

/**
 * Blocks with experts, all by default, and their layers.
 *
 * @example
 * const settings = z.strictObject(sparseSettings).parse({});
 * settings.moe_layers; // "all"
 */
export const sparseSettings = {
  moe_layers: moeLayersSchema
    .default("all")
    .describe("Blocks with experts; all others have a dense layer with the experts' architecture."),
  moe: moeSchema
    .prefault({})
    .describe("Router, dispatcher, experts and losses of the layers with experts."),
};
