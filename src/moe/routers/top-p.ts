import * as z from "zod";
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Initializer } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { div } from "../../ops/arithmetic.ts";
import { less, where } from "../../ops/compare.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { transpose } from "../../ops/reshape.ts";
import { cumulativeSum } from "../../ops/scan.ts";
import { softmax } from "../../ops/softmax.ts";
import { topK } from "../../ops/top-k.ts";
import { type Normalization, type Routing, requireSelectable } from "../routing.ts";
import { defineRouter } from "./define.ts";
import {
  count,
  evenLoss,
  initOf,
  linearSettings,
  linearTensors,
  lonelySum,
  normalization as normalizationSetting,
  scored,
} from "./settings.ts";

export interface TopPRoutingOptions {
  /** `P`, the total probability that the chosen experts must reach, in (0, 1]. */
  readonly probability: number;
  /** Maximum number of experts per token. Default all. */
  readonly maxSelectedExperts?: number;
  /** Default `none`: weights are the probabilities. */
  readonly normalization?: Normalization;
}

export interface TopPOptions extends TopPRoutingOptions {
  readonly numExperts: number;
  /** Default false. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
}

/** Tolerance for sums of float32 probabilities that reach a threshold exactly. */
const ROUNDING = 1e-6;

/**
 * The fewest experts, most probable first, whose probabilities sum to at least `P`
 * (Huang et al., arXiv:2403.07652, section 3.1), and at most `maxSelectedExperts`.
 *
 * Ties go to the lower index. Unused places of a token hold "no expert" and weight 0.
 *
 * @param logits `[N, E]`
 * @throws UserError (exit code 2) if the probability is outside (0, 1]
 */
export function topPRouting(logits: Tensor, options: TopPRoutingOptions): Routing {
  const numExperts = logits.shape[1] as number;
  const { probability, maxSelectedExperts = numExperts, normalization = "none" } = options;
  requireSelectable(maxSelectedExperts, numExperts);
  if (!(probability > 0 && probability <= 1)) {
    throw usageError(
      `the probability of top-p routing must be in (0, 1], got ${probability}; 1 always chooses max_selected_experts`,
    );
  }
  const probabilities = softmax(logits); // [N, E]
  const { values, indices } = topK(probabilities, maxSelectedExperts); // [N, K]
  const before = cumulativeSum(values, -1, { exclusive: true }); // [N, K]
  const needed = less(before, probability - ROUNDING);
  const kept = where(needed, values, 0); // [N, K]
  const weights =
    normalization === "sum" ? div(kept, reduceSum(kept, -1, { keepDims: true })) : kept;
  return {
    numExperts,
    numSelectedExperts: maxSelectedExperts,
    ids: transpose(where(needed, indices, numExperts)), // [K, N]
    mayDrop: true,
    combineWeights: transpose(weights), // [K, N]
    probabilities,
    logits,
  };
}

/**
 * Top-p routing with a linear router; parameter `weight` `[E, D]`. The paper adds the mean entropy of
 * the probabilities to the loss, without which tokens learn to use every expert.
 *
 * @param x `[N, D]`
 */
export function topPRouter(scope: Scope, x: Tensor, options: TopPOptions): Routing {
  const { numExperts, bias = false, weightInit } = options;
  const logits = linear(scope, x, numExperts, { bias, ...(weightInit && { weightInit }) });
  return topPRouting(logits, options);
}

export const topP = defineRouter({
  name: "top_p",
  kind: "token-choice",
  paper: "arXiv:2403.07652",
  description: "The fewest experts that reach a total probability.",
  decides: "tokens",
  settings: {
    probability: z
      .number()
      .positive()
      .max(1)
      .describe("Total probability that the selected experts reach, 0 to 1."),
    max_selected_experts: count
      .optional()
      .describe("Maximum number of experts per token; by default all."),
    normalization: normalizationSetting
      .default("none")
      .describe("Whether the weights of a token are divided by their sum."),
    ...linearSettings,
  },
  selects: ({ maxSelectedExperts }) => maxSelectedExperts ?? "all",
  gives: [...scored, "varying-count"],
  tensors: linearTensors,
  check: lonelySum,
  route: (scope, x, settings, { numExperts, numSelectedExperts }) =>
    topPRouter(scope, x, {
      ...settings,
      ...initOf(settings),
      numExperts,
      maxSelectedExperts: numSelectedExperts,
    }),
  examples: {
    picture: { settings: { probability: 0.7 } },
    variants: [
      {
        title: "top-p 0.6 of at most 4, entropy and balance losses",
        settings: { probability: 0.6, max_selected_experts: 4 },
        losses: [evenLoss, { name: "top_p_entropy", weight: 0.001 }],
        balanced: true,
      },
    ],
    forms: [
      { settings: { probability: 0.6 } },
      {
        title: "normalised",
        settings: { probability: 0.6, normalization: "sum" },
        weightSum: 1,
      },
    ],
  },
});
