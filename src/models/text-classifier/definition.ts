import { defineSystem } from "../define.ts";
import { moeExperts, withoutSharedLimits } from "../moe-experts.ts";
import { type TextClassifierSettings, textClassifierSchema } from "./config.ts";

export const textClassifierDefinition = defineSystem({
  name: "text-classifier",
  title: "Text classifier",
  paper: "arXiv:2101.03961",
  description: "Transformer encoder with experts that classifies sentences.",
  schema: textClassifierSchema,
  reads: "text",
  pages: ["tokens", "experts", "confusion", "playground"],
  answers: () => "text-classifier",
  readsText: () => true,
  alone: withoutSharedLimits,
  experts: moeExperts<TextClassifierSettings>(),
});
