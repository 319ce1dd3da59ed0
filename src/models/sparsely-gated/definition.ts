import { defineSystem } from "../define.ts";
import { moeExperts, withoutSharedLimits } from "../moe-experts.ts";
import { createSparselyGated, type SparselyGatedSettings, sparselyGatedSchema } from "./config.ts";

export const sparselyGatedDefinition = defineSystem({
  name: "sparsely-gated",
  title: "Sparsely-gated layer",
  paper: "arXiv:1701.06538",
  description: "One sparsely-gated layer that classifies flattened images.",
  schema: sparselyGatedSchema,
  reads: "image",
  pages: ["mosaic", "experts", "confusion", "playground"],
  learnsDomains: true,
  answers: () => "image-classifier",
  readsText: () => false,
  alone: withoutSharedLimits,
  experts: moeExperts<SparselyGatedSettings>(),
  classifier: createSparselyGated,
});
