import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { usageError } from "../../graph/errors.ts";
import { type MoeDefaults, moeSchemaWith } from "../../moe/config.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { patchGrid } from "../../nn/patch-embed.ts";
import type { ClassificationTask, Classifier } from "../classifier.ts";
import { requireHeads } from "../heads.ts";
import { blockSettings } from "../settings.ts";
import { blockPatternSchema, sparseBlocks } from "./pattern.ts";
import { classTokens, sfMoe } from "./sf-moe.ts";

const rate = z.number().min(0).lt(1);

/** Experts of GMoE-S/16. tutel weights the mean of two losses by 0.01, so each loss has 0.005. */
const gmoeExperts: MoeDefaults = {
  num_experts: 6,
  router: { name: "cosine", num_selected_experts: 1, noise_scale: 1 },
  dispatch: { name: "capacity", capacity_factor: 1.5, formula: "tutel", priority: "batch" },
  experts: { mlp_ratio: 4, dropout: 0.1 },
  losses: [
    { name: "importance", weight: 0.005, unbiased: true },
    { name: "load", weight: 0.005, unbiased: true },
  ],
};

/** Settings of SF-MoE and GMoE. Defaults: GMoE-S/16. */
export const sfMoeSchema = z.strictObject({
  system: z.literal("sf-moe").describe("Name of the system."),
  patch_size: z.int().positive().default(16).describe("Side of a patch, pixels."),
  stem: z
    .enum(["linear", "conv", "resnet"])
    .default("linear")
    .describe("Patch embedding; `resnet` is the hybrid model."),
  resnet: z
    .strictObject({
      layers: z
        .array(z.int().positive().max(64))
        .nonempty()
        .max(6)
        .default([2, 2, 2, 2])
        .describe("Blocks per stage of the ResNet."),
      channels: z.int().positive().default(64).describe("Channels after the first convolution."),
    })
    .prefault({})
    .describe(
      "Settings of the hybrid: R26 has `layers: [2, 2, 2, 2]`, `channels: 64` and a patch size of 32.",
    ),
  ...blockSettings(384, 12, 6),
  blocks: blockPatternSchema.default("last_two").describe("Sparse (S) and fusion (F) blocks."),
  fusion_ratio: z
    .number()
    .positive()
    .optional()
    .describe(
      "Hidden width of fusion blocks divided by the model width. Default: the experts' ratio.",
    ),
  norm_epsilon: z
    .number()
    .positive()
    .default(1e-6)
    .describe("Number added to the variance in norms; timm has 1e-6."),
  pool: z
    .enum(["cls", "mean", "cls_mean"])
    .default("cls")
    .describe(
      "Features of the head: the class token, the mean of the patches, or both one after the other, as in DINOv2's linear evaluation.",
    ),
  distilled: z
    .boolean()
    .default(false)
    .describe("A second class token and head, as in distilled DeiT."),
  drop_path: rate
    .default(0.1)
    .describe("Rate of skipped residual branches of the last block, rising linearly from 0."),
  head_dropout: rate.default(0).describe("Dropout before the head."),
  moe: moeSchemaWith(gmoeExperts)
    .prefault({})
    .describe("Router, dispatcher, experts and losses of the layers with experts."),
});

export type SfMoeSettings = CamelCased<z.output<typeof sfMoeSchema>>;

/**
 * Builds the image classifier of the settings.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent
 * @example
 * const { model } = loadConfig("gmoe-shapes-domains", trainConfigSchema);
 * const classifier = createSfMoe(model, { numClasses: 8, imageShape: [3, 32, 32] });
 * classifier.tokensPerImage; // 17
 */
export function createSfMoe(
  settings: SfMoeSettings,
  { numClasses, imageShape }: ClassificationTask,
): Classifier {
  const { patchSize, width, pool, distilled, moe, blocks, numLayers } = settings;
  const grid = patchGrid(imageShape[1], imageShape[2], patchSize);
  requireHeads(settings);
  if (distilled && pool !== "cls") {
    throw usageError(
      `model.distilled adds a second class token with a head, but model.pool is ${pool}; choose pool cls`,
    );
  }
  sparseBlocks(blocks, numLayers);
  const tokensPerImage = grid.rows * grid.columns + classTokens(settings).length;
  const { numSelectedExperts, numActiveExperts } = createMoe(moe, {
    width,
    numTokens: tokensPerImage,
  });
  const config = { ...settings, numClasses };
  return {
    grid,
    tokensPerImage,
    numSelectedExperts,
    numActiveExperts,
    logits: (scope, images) => sfMoe(scope, images, config),
  };
}
