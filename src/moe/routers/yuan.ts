import type { Tensor } from "../../graph/graph.ts";
import type { Initializer } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { split } from "../../ops/join.ts";
import { matmul } from "../../ops/matmul.ts";
import { squeeze, unsqueeze } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import type { Normalization, Routing } from "../routing.ts";
import { defineRouter } from "./define.ts";
import {
  count,
  evenLoss,
  initOf,
  linearSettings,
  lonelySum,
  normalization,
  scored,
} from "./settings.ts";
import { softmaxTopKRouting } from "./softmax-top-k.ts";

export interface YuanRouterOptions {
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  /** Default `sum`. */
  readonly normalization?: Normalization;
  /** Default false. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
}

/**
 * Logits that take the correlation of experts into account: `softmax(q kᵀ) v` per token, where
 * `q kᵀ` is the outer product `[E, E]` and the softmax goes over its rows (Yuan 2.0-M32,
 * arXiv:2405.17976, section 2.1).
 *
 * @param q, k, v `[N, E]`
 * @returns `[N, E]`
 */
export function yuanLogits(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const attention = softmax(matmul(unsqueeze(q, 2), unsqueeze(k, 1))); // [N, E, E]
  return squeeze(matmul(attention, unsqueeze(v, 2)), 2);
}

/**
 * Attention router of Yuan 2.0-M32, which chooses 2 of 32 experts.
 *
 * Parameter `query_key_value.weight` `[3E, D]`. Memory grows with `N E^2`.
 *
 * @param x `[N, D]`
 */
export function yuanRouter(scope: Scope, x: Tensor, options: YuanRouterOptions): Routing {
  const { numExperts, bias = false, weightInit } = options;
  const projected = linear(scope.child("query_key_value"), x, 3 * numExperts, {
    bias,
    ...(weightInit && { weightInit }),
  }); // [N, 3E]
  const [q, k, v] = split(projected, 3) as [Tensor, Tensor, Tensor]; // each [N, E]
  return softmaxTopKRouting(yuanLogits(q, k, v), options);
}

export const yuan = defineRouter({
  name: "yuan",
  kind: "token-choice",
  paper: "arXiv:2405.17976",
  description: "Attention among the experts' scores of a token, then the top K.",
  decides: "tokens",
  settings: {
    num_selected_experts: count.default(2).describe("Experts per token."),
    normalization: normalization
      .default("sum")
      .describe("Whether the weights of a token are divided by their sum."),
    ...linearSettings,
  },
  selects: ({ numSelectedExperts }) => numSelectedExperts,
  gives: scored,
  tensors: {
    "query_key_value.weight": { axis: 0, blocks: 3 },
    "query_key_value.bias": { axis: 0, blocks: 3 },
  },
  check: lonelySum,
  route: (scope, x, settings, { numExperts, numSelectedExperts }) =>
    yuanRouter(scope, x, {
      ...settings,
      ...initOf(settings),
      ...{ numExperts, numSelectedExperts },
    }),
  examples: {
    picture: { settings: { num_selected_experts: 2 } },
    variants: [
      {
        title: "Yuan's attention top-2, balance loss",
        settings: { num_selected_experts: 2 },
        losses: [evenLoss],
        balanced: true,
      },
    ],
    forms: [{ settings: {}, weightSum: 1 }],
  },
});
