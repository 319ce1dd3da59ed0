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
 * Norms of a text encoder, by default those of pre-norm transformers; BERT's are `norm: post`,
 * `embedding_norm: true`, `norm_epsilon: 1e-12`.
 *
 * @example
 * const settings = z.strictObject(textNormSettings).parse({ norm: "post" });
 * settings.embedding_norm; // false
 */
export const textNormSettings = {
  norm: z
    .enum(["pre", "post"])
    .default("pre")
    .describe(
      "Norms before attention and experts, and one at the end; or after each addition, as in BERT.",
    ),
  embedding_norm: z
    .boolean()
    .default(false)
    .describe("Whether the sums of token and position embeddings are normalised, as in BERT."),
  norm_epsilon: z
    .number()
    .positive()
    .default(1e-5)
    .describe("Number added to the variance in norms."),
};

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
