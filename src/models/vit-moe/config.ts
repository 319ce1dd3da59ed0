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
  /** How patches become tokens; a convolution stem learns faster in small models. */
  stem: z.enum(["linear", "conv"]).default("linear"),
  width: z.int().positive().default(128),
  num_layers: z.int().positive().default(4),
  num_heads: z.int().positive().default(8),
  /** Blocks with experts; the others have a dense layer of the experts' form. */
  moe_layers: moeLayersSchema.default("all"),
  moe: moeSchema.prefault({}),
});

export type VitMoeSettings = CamelCased<z.output<typeof vitMoeSchema>>;

/**
 * The classifier that settings describe.
 *
 * @throws UserError (exit code 2) for sizes that do not fit together
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
  moeBlocks(moeLayers, numLayers); // Refuses blocks that the model does not have.
  const config = { ...settings, numClasses };
  return {
    grid,
    numSelectedExperts,
    numActiveExperts,
    logits: (scope, images) => vitMoe(scope, images, config),
  };
}
