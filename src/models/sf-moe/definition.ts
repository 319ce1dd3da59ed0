import { defineSystem } from "../define.ts";
import { moeExperts, withoutSharedLimits } from "../moe-experts.ts";
import { createSfMoe, type SfMoeSettings, sfMoeSchema } from "./config.ts";

export const sfMoeDefinition = defineSystem({
  name: "sf-moe",
  title: "SF-MoE, GMoE",
  paper: "arXiv:2206.04046",
  description: "Vision transformer of sparse and fusion blocks for domain generalisation.",
  schema: sfMoeSchema,
  reads: "image",
  pages: ["mosaic", "experts", "attention", "confusion", "playground"],
  learnsDomains: true,
  studiesDomains: true,
  answers: () => "image-classifier",
  readsText: () => false,
  alone: withoutSharedLimits,
  experts: moeExperts<SfMoeSettings>(({ numLayers }) => `model.blocks=${"S".repeat(numLayers)}`),
  classifier: createSfMoe,
});
