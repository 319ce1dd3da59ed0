import { defineSystem } from "../define.ts";
import { moeExperts } from "../moe-experts.ts";
import { type LimoeSettings, limoeSchema } from "./config.ts";

export const limoeDefinition = defineSystem({
  name: "limoe",
  title: "LIMoE",
  paper: "arXiv:2206.02770",
  description: "One sparse tower for images and texts, trained contrastively.",
  schema: limoeSchema,
  reads: "image",
  pages: ["mosaic", "tokens", "experts", "attention", "confusion", "playground"],
  answers: () => "contrastive",
  readsText: () => true,
  experts: moeExperts<LimoeSettings>(),
});
