import { createMoe } from "../../moe/create-moe.ts";
import { withoutSharedLimit } from "../../moe/lift-limit.ts";
import { moeBlocks } from "../../moe/sparse-blocks.ts";
import { patchGrid } from "../../nn/patch-embed.ts";
import { defineSystem } from "../define.ts";
import { requireHeads } from "../heads.ts";
import { moeExperts } from "../moe-experts.ts";
import { type VitMoeSettings, vitMoeSchema } from "./config.ts";
import { vitMoe } from "./vit-moe.ts";

export const vitMoeDefinition = defineSystem({
  name: "vit-moe",
  title: "V-MoE",
  paper: "arXiv:2106.05974",
  description: "Vision transformer with experts in some or all blocks.",
  schema: vitMoeSchema,
  reads: "image",
  pages: ["mosaic", "experts", "attention", "confusion", "playground"],
  learnsDomains: true,
  answers: () => "image-classifier",
  readsText: () => false,
  alone: (settings) => ({ ...settings, moe: withoutSharedLimit(settings.moe) }),
  experts: moeExperts<VitMoeSettings>(),
  classifier(settings, { numClasses, imageShape }) {
    const { patchSize, width } = settings;
    const grid = patchGrid(imageShape[1], imageShape[2], patchSize);
    requireHeads(settings);
    const { numSelectedExperts, numActiveExperts } = createMoe(settings.moe, {
      width,
      numTokens: grid.rows * grid.columns,
    });
    moeBlocks(settings.moeLayers, settings.numLayers); // checks the blocks
    const config = { ...settings, numClasses };
    return {
      grid,
      numSelectedExperts,
      numActiveExperts,
      logits: (scope, images) => vitMoe(scope, images, config),
    };
  },
});
