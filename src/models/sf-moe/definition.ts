import { withoutSharedLimit } from "../../moe/dispatch/without-limit.ts";
import { defineSystem } from "../define.ts";
import { denseBlocks, moeExperts } from "../experts.ts";
import { createSfMoe, sfMoeSchema } from "./config.ts";

export const sfMoeDefinition = defineSystem({
  name: "sf-moe",
  title: "SF-MoE and GMoE",
  paper: "arXiv:2206.04046",
  description: "A vision transformer of sparse and fusion blocks for domain generalisation.",
  schema: sfMoeSchema,
  reads: "image",
  answers: () => "image-classifier",
  alone: (settings) => ({ ...settings, moe: withoutSharedLimit(settings.moe) }),
  experts: {
    ...moeExperts,
    dense: {
      ...denseBlocks,
      expertsEverywhere: ({ numLayers }) => `model.blocks=${"S".repeat(numLayers)}`,
    },
  },
  sizes: ({ numLayers, moe }) => ({ layers: numLayers, experts: moe.numExperts }),
  pages: ["mosaic", "experts", "attention", "confusion", "playground"],
  learnsDomains: true,
  analyzesDomains: true,
  classifier: createSfMoe,
});
