import { withoutSharedLimit } from "../../moe/dispatch/without-limit.ts";
import { defineSystem } from "../define.ts";
import { denseBlocks, moeExperts } from "../experts.ts";
import { moeBlockSizes } from "../sizes.ts";
import { textClassifierSchema } from "./config.ts";

export const textClassifierDefinition = defineSystem({
  name: "text-classifier",
  title: "Text classifier",
  paper: "arXiv:2101.03961",
  description: "A transformer encoder with experts that classifies sentences.",
  schema: textClassifierSchema,
  reads: "text",
  answers: () => "text-classifier",
  alone: (settings) => ({ ...settings, moe: withoutSharedLimit(settings.moe) }),
  experts: { ...moeExperts, dense: denseBlocks },
  sizes: moeBlockSizes,
  pages: ["tokens", "experts", "confusion", "playground"],
});
