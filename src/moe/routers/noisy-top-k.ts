import type { Tensor } from "../../graph/graph.ts";
import { type Initializer, zeros } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { softplus } from "../../ops/activation.ts";
import { add } from "../../ops/arithmetic.ts";
import { transpose } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { topK } from "../../ops/top-k.ts";
import { type Routing, requireSelectable } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { addNoise, describeNoise, drawNoise, type RouterNoise } from "./noise.ts";
import {
  count,
  deviation,
  initOf,
  linearSettings,
  lonelyWeight,
  rows,
  scored,
} from "./settings.ts";

export interface NoisyTopKOptions {
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  /** Added to the learned standard deviation. Default 0.01 (tensor2tensor); 0 in seeMoE, makeMoE. */
  readonly noiseEpsilon?: number;
  /** Default false; true in seeMoE and makeMoE. */
  readonly bias?: boolean;
  /** Default zeros, as in the paper's appendix A: experts start equal, and noise decides. */
  readonly weightInit?: Initializer;
}

/**
 * The top `K` noisy logits, with a softmax over these `K` (Shazeer et al., arXiv:1701.06538, equations 3-5).
 *
 * `H = logits + std * noise`, `g = softmax(KeepTopK(H, K))`. `probabilities` is `softmax(logits)` over
 * all experts; the paper's importance sums the gates instead, see `sparseGates`. With `K = 1`
 * every weight is 1 and the router gets no gradient from the output: use Switch routing instead.
 *
 * @param logits `[N, E]`, clean
 */
export function noisyTopKRouting(
  logits: Tensor,
  {
    numSelectedExperts,
    noise,
  }: { readonly numSelectedExperts: number; readonly noise?: RouterNoise | undefined },
): Routing {
  const numExperts = logits.shape[1] as number;
  requireSelectable(numSelectedExperts, numExperts);
  const noisy = addNoise(logits, noise); // [N, E]
  const { values, indices } = topK(noisy, numSelectedExperts); // [N, K]
  return {
    numExperts,
    numSelectedExperts,
    ids: transpose(indices), // [K, N]
    combineWeights: transpose(softmax(values)), // [K, N]
    probabilities: softmax(logits),
    logits,
    ...describeNoise(noisy, noise),
  };
}

/**
 * Noisy top-k routing with `std = softplus(W_n x + b_n) + noiseEpsilon`.
 *
 * Parameters `gate.weight` and `noise.weight` `[E, D]`; the noise has none in evaluation.
 *
 * @param x `[N, D]`
 */
export function noisyTopKRouter(scope: Scope, x: Tensor, options: NoisyTopKOptions): Routing {
  const { numExperts, noiseEpsilon = 0.01, bias = false, weightInit = zeros } = options;
  const logits = linear(scope.child("gate"), x, numExperts, { bias, weightInit }); // [N, E]
  const spread = linear(scope.child("noise"), x, numExperts, { bias, weightInit }); // [N, E]
  const noise = drawNoise(scope.child("noise"), logits, add(softplus(spread), noiseEpsilon));
  return noisyTopKRouting(logits, { ...options, noise });
}

export const noisyTopK = defineRouter({
  name: "noisy_top_k",
  kind: "token-choice",
  paper: "arXiv:1701.06538",
  description: "The top K logits with learned noise, and a softmax over them.",
  decides: "tokens",
  settings: {
    num_selected_experts: count.default(2).describe("Experts per token."),
    noise_epsilon: deviation
      .default(0.01)
      .describe("Number added to the learned deviation of the noise."),
    ...linearSettings,
  },
  selects: ({ numSelectedExperts }) => numSelectedExperts,
  gives: [...scored, "noise"],
  tensors: { "gate.weight": rows, "gate.bias": rows, "noise.weight": rows, "noise.bias": rows },
  check: (_, sizes) => lonelyWeight(sizes, "the router switch"),
  route: (scope, x, settings, { numExperts, numSelectedExperts }) =>
    noisyTopKRouter(scope, x, {
      ...settings,
      ...initOf(settings),
      ...{ numExperts, numSelectedExperts },
    }),
  examples: {
    picture: { settings: { num_selected_experts: 2 } },
    variants: [
      {
        title: "noisy top-2, importance and load losses",
        settings: { num_selected_experts: 2 },
        losses: [
          { name: "importance", weight: 0.02, importance_of: "gates" },
          { name: "load_excluding_self", weight: 0.02 },
        ],
        balanced: true,
      },
    ],
    forms: [{ title: "with a bias", settings: { bias: true }, weightSum: 1 }],
  },
});
