import { createMoe } from "../../moe/create-moe.ts";
import { withoutSharedLimit } from "../../moe/lift-limit.ts";
import { defineSystem } from "../define.ts";
import { moeExperts } from "../moe-experts.ts";
import { type SparselyGatedSettings, sparselyGatedSchema } from "./config.ts";
import { sparselyGated } from "./sparsely-gated.ts";

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
  alone: (settings) => ({ ...settings, moe: withoutSharedLimit(settings.moe) }),
  experts: moeExperts<SparselyGatedSettings>(),
  /** An image is one token here. */
  classifier({ moe }, { numClasses, imageShape }) {
    const width = imageShape.reduce((product, side) => product * side, 1);
    const { numSelectedExperts, numActiveExperts } = createMoe(moe, { width, numTokens: 1 });
    return {
      grid: { rows: 1, columns: 1 },
      numSelectedExperts,
      numActiveExperts,
      logits: (scope, images) => sparselyGated(scope, images, { numClasses, moe }),
    };
  },
});
