import { defineSystem } from "../define.ts";
import { denseBlocks, moeExperts } from "../experts.ts";
import { moeBlockSizes } from "../sizes.ts";
import { limoeSchema } from "./config.ts";

export const limoeDefinition = defineSystem({
  name: "limoe",
  title: "LIMoE",
  paper: "arXiv:2206.02770",
  description: "One sparse transformer that embeds images and texts in one space.",
  schema: limoeSchema,
  reads: "image",
  texts: () => "samples",
  answers: () => "contrastive",
  experts: { ...moeExperts, dense: denseBlocks },
  sizes: moeBlockSizes,
  pages: ["mosaic", "tokens", "experts", "attention", "confusion", "playground"],
});
