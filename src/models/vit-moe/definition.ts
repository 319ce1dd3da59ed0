import { withoutSharedLimit } from "../../moe/dispatch/without-limit.ts";
import { defineSystem } from "../define.ts";
import { denseBlocks, moeExperts } from "../experts.ts";
import { moeBlockSizes } from "../sizes.ts";
import { createVitMoe, vitMoeSchema } from "./config.ts";

export const vitMoeDefinition = defineSystem({
  name: "vit-moe",
  title: "V-MoE",
  paper: "arXiv:2106.05974",
  description: "A vision transformer with experts in some or all of its blocks.",
  schema: vitMoeSchema,
  reads: "image",
  answers: () => "image-classifier",
  alone: (settings) => ({ ...settings, moe: withoutSharedLimit(settings.moe) }),
  experts: { ...moeExperts, dense: denseBlocks },
  sizes: moeBlockSizes,
  pages: ["mosaic", "experts", "attention", "confusion", "playground"],
  learnsDomains: true,
  classifier: createVitMoe,
});
