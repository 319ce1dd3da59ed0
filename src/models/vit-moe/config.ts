import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks } from "../../moe/sparse-blocks.ts";
import { patchGrid } from "../../nn/patch-embed.ts";
import type { ClassificationTask, Classifier } from "../classifier.ts";
import { requireHeads } from "../heads.ts";
import { blockSettings, patchSettings, sparseSettings } from "../settings.ts";
import { vitMoe } from "./vit-moe.ts";

/** Settings of the plain vision transformer with experts. */
export const vitMoeSchema = z.strictObject({
  system: z.literal("vit-moe").describe("Name of the system."),
  ...patchSettings(4),
  ...blockSettings(128, 4, 8),
  ...sparseSettings,
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
