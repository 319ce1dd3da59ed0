import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { moeSchema } from "../../moe/config.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks, moeLayersSchema } from "../../moe/sparse-blocks.ts";
import { patchGrid } from "../../nn/patch-embed.ts";
import type { ClassificationTask, Classifier } from "../classifier.ts";
import { requireHeads } from "../heads.ts";
import { vitMoe } from "./vit-moe.ts";

/** Settings of the plain vision transformer with experts. */
export const vitMoeSchema = z.strictObject({
  system: z.literal("vit-moe").describe("Name of the system."),
  patch_size: z.int().positive().default(4).describe("Side of a patch, pixels."),
  stem: z
    .enum(["linear", "conv"])
    .default("linear")
    .describe("Patch embedding; small models learn faster with a convolution stem."),
  width: z.int().positive().default(128).describe("Width of the tokens."),
  num_layers: z.int().positive().default(4).describe("Number of transformer blocks."),
  num_heads: z.int().positive().default(8).describe("Attention heads; they divide the width."),
  moe_layers: moeLayersSchema
    .default("all")
    .describe("Blocks with experts; all others have a dense layer with the experts' architecture."),
  moe: moeSchema
    .prefault({})
    .describe("Router, dispatcher, experts and losses of the layers with experts."),
});

export type VitMoeSettings = CamelCased<z.output<typeof vitMoeSchema>>;

/**
 * Builds the image classifier of the settings.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent
 * @example
 * const { model } = loadConfig("shapes-vit-moe", trainConfigSchema);
 * const classifier = createVitMoe(model, { numClasses: 8, imageShape: [3, 32, 32] });
 * const { rows } = classifier.grid; // 4
 */
export function createVitMoe(
  settings: VitMoeSettings,
  { numClasses, imageShape }: ClassificationTask,
): Classifier {
  const { patchSize, width, moe, moeLayers, numLayers } = settings;
  const grid = patchGrid(imageShape[1], imageShape[2], patchSize);
  requireHeads(settings);
  const numTokens = grid.rows * grid.columns;
  const { numSelectedExperts, numActiveExperts } = createMoe(moe, { width, numTokens });
  moeBlocks(moeLayers, numLayers); // Throws for blocks that the model does not have.
  const config = { ...settings, numClasses };
  return {
    grid,
    numSelectedExperts,
    numActiveExperts,
    logits: (scope, images) => vitMoe(scope, images, config),
  };
}
