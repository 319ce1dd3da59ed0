import { defineSystem } from "../define.ts";
import { moeExperts, withoutSharedLimits } from "../moe-experts.ts";
import { createVitMoe, type VitMoeSettings, vitMoeSchema } from "./config.ts";

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
  alone: withoutSharedLimits,
  experts: moeExperts<VitMoeSettings>(),
  classifier: createVitMoe,
});
