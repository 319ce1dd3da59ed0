import * as z from "zod";
import type { Tensor } from "../../graph/graph.ts";
import type { Initializer } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { softmax } from "../../ops/softmax.ts";
import { type Normalization, type Routing, selectTopK } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { addNoise, describeNoise, drawNoise, type RouterNoise } from "./noise.ts";
import {
  count,
  deviation,
  evenLoss,
  initOf,
  linearSettings,
  linearTensors,
  lonelySum,
  normalization,
  renamedNoise,
  scored,
} from "./settings.ts";

export interface SoftmaxTopKOptions {
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  /**
   * Default `sum`, before any assignment is dropped: Mixtral, tutel. `none`: V-MoE, Switch. To
   * normalise the remaining weights after dropping (GShard, fairseq), see the dispatcher.
   */
  readonly normalization?: Normalization;
  /** Default false. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
  /** `gaussian`: `N(0, (noiseScale / E)^2)` on the logits in training (V-MoE). Default `none`. */
  readonly noise?: "none" | "gaussian";
  /** Standard deviation of the noise on each logit, multiplied by the number of experts. Default 1. */
  readonly noiseScale?: number;
}

export interface SoftmaxTopKRoutingOptions {
  readonly numSelectedExperts: number;
  /** Default `sum`. */
  readonly normalization?: Normalization;
  readonly noise?: RouterNoise | undefined;
}

/**
 * Softmax over all experts, then the top `K`.
 *
 * `g = softmax(logits + noise)`; weights `g_e`, or `g_e / sum of the chosen g`. With noise, the
 * selection and the weights use the noisy logits and `probabilities` the clean ones, as in V-MoE
 * (arXiv:2106.05974, appendix A).
 *
 * @param logits `[N, E]`
 */
export function softmaxTopKRouting(
  logits: Tensor,
  { numSelectedExperts, normalization = "sum", noise }: SoftmaxTopKRoutingOptions,
): Routing {
  const probabilities = softmax(logits); // [N, E]
  const noisy = addNoise(logits, noise); // [N, E]
  const gates = noise === undefined ? probabilities : softmax(noisy); // [N, E]
  const routing = selectTopK(logits, gates, numSelectedExperts, normalization);
  return { ...routing, probabilities, ...describeNoise(noisy, noise) };
}

/**
 * Softmax over all experts, then the top `K` (Mixtral, arXiv:2401.04088, section 2.1).
 *
 * `p = softmax(W x)`, weights `p_e / sum of the chosen p`. Parameter `weight` `[E, D]`. V-MoE
 * (google-research/vmoe) is `normalization: "none", noise: "gaussian"`.
 *
 * @param x `[N, D]`
 */
export function softmaxTopKRouter(scope: Scope, x: Tensor, options: SoftmaxTopKOptions): Routing {
  const { numExperts, noise: kind = "none", noiseScale = 1, bias = false, weightInit } = options;
  const logits = linear(scope, x, numExperts, {
    bias,
    ...(weightInit && { weightInit }),
  }); // [N, E]
  const noise = kind === "none" ? undefined : drawNoise(scope, logits, noiseScale / numExperts);
  return softmaxTopKRouting(logits, { ...options, noise });
}

export const softmaxTopK = defineRouter({
  name: "softmax_top_k",
  kind: "token-choice",
  paper: "arXiv:2401.04088, arXiv:2106.05974",
  description:
    "Softmax over all experts, then the top K; V-MoE with noise and unnormalised weights.",
  decides: "tokens",
  settings: {
    num_selected_experts: count.default(2).describe("Experts per token."),
    normalization: normalization
      .default("sum")
      .describe("Whether the weights of a token are divided by their sum."),
    noise: z
      .enum(["none", "gaussian"])
      .default("none")
      .describe("Noise on the logits in training."),
    noise_scale: deviation
      .default(1)
      .describe(
        "Standard deviation of the noise on each logit, multiplied by the number of experts.",
      ),
    ...linearSettings,
  },
  renamed: renamedNoise,
  selects: ({ numSelectedExperts }) => numSelectedExperts,
  gives: [...scored, "noise"],
  lacks: ({ noise, noiseScale }) => {
    if (noise === "none") return { noise: "choose noise gaussian" };
    return noiseScale === 0 ? { noise: "choose noise_scale 1" } : {};
  },
  tensors: linearTensors,
  check: lonelySum,
  route: (scope, x, settings, { numExperts, numSelectedExperts }) =>
    softmaxTopKRouter(scope, x, {
      ...settings,
      ...initOf(settings),
      ...{ numExperts, numSelectedExperts },
    }),
  examples: {
    picture: { settings: { num_selected_experts: 2 } },
    variants: [
      {
        title: "softmax top-2, balance loss",
        settings: { num_selected_experts: 2 },
        losses: [evenLoss],
        balanced: true,
      },
      {
        id: "vmoe",
        title: "V-MoE: softmax top-2 with noise, importance and load losses",
        settings: { num_selected_experts: 2, normalization: "none", noise: "gaussian" },
        losses: [
          { name: "importance", weight: 0.05 },
          { name: "load", weight: 0.05 },
        ],
        balanced: true,
      },
    ],
    forms: [
      { settings: {}, weightSum: 1 },
      { title: "V-MoE", settings: { normalization: "none", noise: "gaussian" } },
    ],
  },
});
