import { withoutSharedLimit } from "../../moe/dispatch/without-limit.ts";
import { defineSystem } from "../define.ts";
import { moeExperts } from "../experts.ts";
import { createSparselyGated, sparselyGatedSchema } from "./config.ts";

export const sparselyGatedDefinition = defineSystem({
  name: "sparsely-gated",
  title: "Sparsely-gated mixture",
  paper: "arXiv:1701.06538",
  description: "One layer of experts that classifies flattened images.",
  schema: sparselyGatedSchema,
  reads: "image",
  answers: () => "image-classifier",
  alone: (settings) => ({ ...settings, moe: withoutSharedLimit(settings.moe) }),
  experts: moeExperts,
  sizes: ({ moe }) => ({ layers: 1, experts: moe.numExperts }),
  pages: ["mosaic", "experts", "confusion", "playground"],
  learnsDomains: true,
  classifier: createSparselyGated,
});
