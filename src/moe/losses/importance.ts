/** The importance loss: experts should have equal sums of gates. */

import * as z from "zod";
import type { Tensor } from "../../graph/graph.ts";
import { mul } from "../../ops/arithmetic.ts";
import { oneHot } from "../../ops/one-hot.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { unsqueeze } from "../../ops/reshape.ts";
import { defineLoss } from "./define.ts";
import { groupMean, groupSettings, overGroups, type TokenGroups } from "./groups.ts";
import { squaredVariation, type VariationOptions, variationSettings } from "./variation.ts";

export interface ImportanceLossOptions extends TokenGroups, VariationOptions {}

/**
 * Squared coefficient of variation of the experts' importance,
 * `Var_e(imp_e) / mean_e(imp_e)^2` with `imp_e = sum over tokens of g_e(x)`.
 *
 * Shazeer et al. (arXiv:1701.06538, equations 6 and 7) sum the sparse gates, see `sparseGates`;
 * V-MoE (arXiv:2106.05974, appendix A.2) and LIMoE (arXiv:2206.02770) sum the clean softmax
 * probabilities of all experts, in each group of tokens. The population variance is the default.
 *
 * @param gates `[N, E]`
 */
export function importanceLoss(gates: Tensor, options: ImportanceLossOptions = {}): Tensor {
  return overGroups(squaredVariation(groupMean(gates, options), options), options); // the scale cancels
}

/**
 * Weights of the chosen experts, zero elsewhere: `[K, N]` to `[N, E]`.
 *
 * @param ids `[K, N]` int64; `numExperts` means "no expert"
 */
export function sparseGates(ids: Tensor, combineWeights: Tensor, numExperts: number): Tensor {
  return reduceSum(mul(oneHot(ids, numExperts), unsqueeze(combineWeights, -1)), 0);
}

export const importance = defineLoss({
  name: "importance",
  description: "squared coefficient of variation of the experts' summed gates",
  paper: "Shazeer et al. 2017, arXiv:1701.06538, eq. 6-7; V-MoE, arXiv:2106.05974, app. A.2",
  needs: ["probabilities"],
  weight: 0.01,
  settings: {
    ...variationSettings,
    ...groupSettings,
    importance_of: z
      .enum(["probabilities", "gates"])
      .default("probabilities")
      .describe("Clean probabilities (V-MoE, LIMoE), or sparse gates (Shazeer et al.)."),
  },
  compute: ({ probabilities, ids, combineWeights, numExperts }, { importanceOf, ...options }) => {
    const sparse = importanceOf === "gates";
    const gates = sparse ? sparseGates(ids, combineWeights, numExperts) : probabilities;
    return importanceLoss(gates, options);
  },
  variants: [{ title: "importance", settings: { weight: 0.1 } }],
});
