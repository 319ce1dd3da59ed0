import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Dim } from "../../graph/shape.ts";
import { type Initializer, zeros } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { sigmoid } from "../../ops/activation.ts";
import { add, div, maximum, mul, sign, sub } from "../../ops/arithmetic.ts";
import { greater, stopGradient, where } from "../../ops/compare.ts";
import { takeAlong } from "../../ops/gather.ts";
import { oneHot } from "../../ops/one-hot.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { reshape, transpose, unsqueeze } from "../../ops/reshape.ts";
import { topK } from "../../ops/top-k.ts";
import { chosenExperts, keepTokens } from "../losses/tokens.ts";
import { type Normalization, type Routing, requireSelectable } from "../routing.ts";
import { defineRouter } from "./define.ts";
import {
  count,
  deviation,
  initOf,
  initStd,
  lonelySum,
  normalization as normalizationSetting,
  rows,
  scored,
} from "./settings.ts";

export interface BiasRoutingOptions {
  readonly numSelectedExperts: number;
  /** Number of groups of adjacent experts. Default 1; DeepSeek-V3 has 8. */
  readonly numGroups?: number;
  /** Number of groups per token. Default all; DeepSeek-V3 uses 4. */
  readonly numSelectedGroups?: number;
  /** Default `sum`. */
  readonly normalization?: Normalization;
  /** Scale of the weights. Default 1; DeepSeek-V3 uses 2.5. */
  readonly routeScale?: number;
}

export interface LossFreeBiasOptions extends BiasRoutingOptions {
  readonly numExperts: number;
  /** Change of a bias per update. Default 0.001. */
  readonly updateRate?: number;
  /** Tokens included in the balance, `[N]` bool; default all. */
  readonly mask?: Tensor;
  readonly weightInit?: Initializer;
}

/** Lower bound of sums of scores, so that a token far from all experts gives no NaN. */
const TINY = 1e-20;

/**
 * Chooses by `s + b` and weighs by `s`, with `s = sigmoid(logits)` (DeepSeek-V3, arXiv:2412.19437,
 * section 2.1.2; arXiv:2408.15664).
 *
 * With groups, a group's score is the sum of its two largest `s + b`, and experts outside the best
 * groups are excluded (by -infinity, as in DeepSeek's inference code). The bias gets no gradient.
 * `probabilities` is `s / sum s`, the input of the sequence-wise loss.
 *
 * @param logits `[N, E]`
 * @param bias `[E]`
 */
export function biasRouting(logits: Tensor, bias: Tensor, options: BiasRoutingOptions): Routing {
  const { numSelectedExperts, normalization = "sum", routeScale = 1 } = options;
  const numExperts = logits.shape[1] as number;
  requireSelectable(numSelectedExperts, numExperts);
  const scores = sigmoid(logits); // [N, E]
  const biased = keepGroups(stopGradient(add(scores, bias)), options); // [N, E]
  const { indices } = topK(biased, numSelectedExperts); // [N, K]
  const chosen = takeAlong(scores, indices); // [N, K]
  const weights = normalization === "sum" ? toSumOne(chosen) : chosen;
  return {
    numExperts,
    numSelectedExperts,
    ids: transpose(indices), // [K, N]
    combineWeights: transpose(mul(weights, routeScale)), // [K, N]
    probabilities: toSumOne(scores),
    logits,
  };
}

/** The problem unless the groups are equal, have two experts or more, and fit the choices of a token. */
function groupProblem(options: BiasRoutingOptions, numExperts: number): string | undefined {
  const { numGroups = 1, numSelectedGroups = numGroups, numSelectedExperts } = options;
  if (numGroups === 1 && numSelectedGroups === 1) return undefined;
  const size = numExperts / numGroups;
  if (
    !Number.isInteger(size) ||
    size < 2 ||
    !(numSelectedGroups >= 1 && numSelectedGroups <= numGroups) ||
    numSelectedExperts > numSelectedGroups * size
  ) {
    return `${numSelectedGroups} of ${numGroups} groups of ${numExperts} experts cannot fit ${numSelectedExperts} choices; groups must be equal, have two experts or more and fit num_selected_experts`;
  }
  return undefined;
}

/** Each row divided by its sum; zero rows stay zero. */
function toSumOne(rows: Tensor): Tensor {
  return div(rows, maximum(reduceSum(rows, -1, { keepDims: true }), TINY));
}

function keepGroups(biased: Tensor, options: BiasRoutingOptions): Tensor {
  const { numGroups = 1, numSelectedGroups = numGroups } = options;
  if (numSelectedGroups === numGroups) return biased;
  const [numTokens, numExperts] = biased.shape as [Dim, number];
  const problem = groupProblem(options, numExperts);
  if (problem !== undefined) throw usageError(problem);
  const size = numExperts / numGroups;
  const grouped = reshape(biased, [numTokens, numGroups, size]); // [N, G, E/G]
  const groupScores = reduceSum(topK(grouped, 2).values, -1); // [N, G]
  const best = topK(groupScores, numSelectedGroups).indices; // [N, G']
  const kept = greater(reduceSum(oneHot(best, numGroups), 1), 0); // [N, G]
  return reshape(where(unsqueeze(kept, -1), grouped, Number.NEGATIVE_INFINITY), biased.shape);
}

/**
 * The bias after an update: `b_e + rate * sign(mean(c) - c_e)`, so that experts with fewer tokens than
 * the mean are chosen more often.
 *
 * @param counts `c`, tokens of each expert in all batches of the update, `[E]`
 */
export function nextBias(bias: Tensor, counts: Tensor, rate: number): Tensor {
  return add(bias, mul(sign(sub(reduceMean(counts), counts)), rate));
}

/**
 * Sigmoid routing balanced without a loss; parameter `weight` `[E, D]`, state `expert_bias` `[E]`.
 *
 * @param x `[N, D]`
 */
export function lossFreeBiasRouter(scope: Scope, x: Tensor, options: LossFreeBiasOptions): Routing {
  const { numExperts, updateRate = 1e-3, mask, weightInit } = options;
  const logits = linear(scope, x, numExperts, { bias: false, ...(weightInit && { weightInit }) });
  const bias = scope.state("expert_bias", [numExperts], zeros);
  const routing = biasRouting(logits, bias, options);
  if (scope.training) {
    const chosen = keepTokens(chosenExperts(routing.ids, numExperts), mask); // [N, E]
    const counts = reduceSum(chosen, 0); // [E]
    scope.updateFrom("expert_bias", { counts }, (state, { counts: all }) =>
      nextBias(state, reduceSum(all!, 0), updateRate),
    );
  }
  return routing;
}

export const lossFreeBias = defineRouter({
  name: "loss_free_bias",
  kind: "token-choice",
  paper: "arXiv:2408.15664, arXiv:2412.19437",
  description: "Sigmoid scores; a bias that affects only the choice keeps the load even.",
  decides: "tokens",
  settings: {
    num_selected_experts: count.default(2).describe("Experts per token."),
    num_groups: count.default(1).describe("Groups of experts."),
    num_selected_groups: count
      .optional()
      .describe("Groups whose experts a token can choose; by default all."),
    normalization: normalizationSetting
      .default("sum")
      .describe("Whether the weights of a token are divided by their sum."),
    route_scale: z.number().positive().default(1).describe("Factor of the weights."),
    update_rate: deviation.default(0.001).describe("Step of the bias at each update."),
    init_std: initStd.describe("Standard deviation of the initial weights."),
  },
  selects: ({ numSelectedExperts }) => numSelectedExperts,
  gives: scored,
  tensors: { weight: rows, expert_bias: rows },
  check: (settings, sizes) =>
    groupProblem(
      { ...defined(settings), numSelectedExperts: sizes.numSelectedExperts },
      sizes.numExperts,
    ) ?? lonelySum(settings, sizes),
  route: (scope, x, settings, { numExperts, numSelectedExperts, mask }) =>
    lossFreeBiasRouter(scope, x, {
      ...defined(settings),
      ...initOf(settings),
      ...{ numExperts, numSelectedExperts },
      ...defined({ mask }),
    }),
  examples: {
    picture: { settings: { num_selected_experts: 2 } },
    variants: [
      {
        title: "loss-free bias, top-2",
        settings: { num_selected_experts: 2, update_rate: 0.002 },
        balanced: true,
      },
    ],
    forms: [{ settings: { route_scale: 2.5 }, weightSum: 2.5 }],
  },
});
