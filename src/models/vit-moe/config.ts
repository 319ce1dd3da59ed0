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
  system: z.literal("vit-moe"),
  patch_size: z.int().positive().default(4),
  /** Patch embedding; small models learn faster with a convolution stem. */
  stem: z.enum(["linear", "conv"]).default("linear"),
  width: z.int().positive().default(128),
  num_layers: z.int().positive().default(4),
  num_heads: z.int().positive().default(8),
  /** Blocks with experts; all others have a dense layer with the experts' architecture. */
  moe_layers: moeLayersSchema.default("all"),
  moe: moeSchema.prefault({}),
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
