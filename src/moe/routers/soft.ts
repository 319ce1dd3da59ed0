import * as z from "zod";
import type { Tensor } from "../../graph/graph.ts";
import { divideDim } from "../../graph/shape.ts";
import { normalOf, ones } from "../../nn/initializers.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, div, mul, sqrt } from "../../ops/arithmetic.ts";
import { where } from "../../ops/compare.ts";
import { matmul } from "../../ops/matmul.ts";
import { sumOfSquares } from "../../ops/reduce.ts";
import { reshape, unsqueeze } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import type { SoftRouting } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { count } from "./settings.ts";

export interface SoftRoutingOptions {
  readonly numExperts: number;
  /** Tokens included in the slots, `[G, S]` bool; default all. */
  readonly mask?: Tensor;
}

export interface SoftRouterOptions extends SoftRoutingOptions {
  /** `P`, slots per expert. Default 1. */
  readonly numSlots?: number;
  /** `l2` (default): unit vectors of tokens and slots, and a learned scale; `none`: unchanged. */
  readonly normalization?: "l2" | "none";
}

/** Far below any logit, but finite, so that a group with only padding gives finite numbers. */
const HIDDEN = -1e9;

/**
 * Slots that mix tokens, and tokens that mix slots (Soft MoE, arXiv:2308.00951, section 2.1).
 *
 * `dispatch = softmax over tokens (logits)`, `combine = softmax over all slots (logits)`,
 * `slots = dispatchᵀ X`, `Y = combine f(slots)`. Nothing is dropped and no balance loss is needed;
 * every slot depends on every token of its group, so it does not suit causal models.
 *
 * @param logits `[G, S, E*P]`
 */
export function softRouting(logits: Tensor, { numExperts, mask }: SoftRoutingOptions): SoftRouting {
  const visible = mask === undefined ? logits : where(unsqueeze(mask, 2), logits, HIDDEN);
  return {
    numExperts,
    numSlots: (logits.shape[2] as number) / numExperts,
    dispatchWeights: softmax(visible, 1), // [G, S, E*P]
    combineWeights: softmax(logits, 2), // [G, S, E*P]
    logits,
  };
}

/**
 * `X Φ`, or with a scale `(X / |X|) (scale Φ / |Φ|)`, norms over the width (Soft MoE, section 2.3 and
 * Algorithm 2).
 *
 * @param x `[G, S, D]`
 * @param slots `Φ`, `[D, E*P]`
 * @param scale `[1]`; without it nothing is normalised
 */
export function softLogits(x: Tensor, slots: Tensor, scale?: Tensor): Tensor {
  if (scale === undefined) return matmul(x, slots);
  return matmul(unit(x, -1), mul(unit(slots, 0), scale));
}

/** `x / sqrt(|x|^2 + 1e-6)`, as in google-research/vmoe. */
function unit(x: Tensor, axis: number): Tensor {
  return div(x, sqrt(add(sumOfSquares(x, axis, { keepDims: true }), 1e-6)));
}

/**
 * Soft MoE router; parameters `phi` `[D, E*P]` and `scale` `[1]`; without normalisation only
 * `phi`.
 *
 * @param x `[G, S, D]`
 */
export function softRouter(scope: Scope, x: Tensor, options: SoftRouterOptions): SoftRouting {
  const { numExperts, numSlots = 1, normalization = "l2" } = options;
  const width = x.shape[2] as number;
  const shape = [width, numExperts * numSlots];
  const slots = scope.parameter("phi", shape, normalOf(1 / Math.sqrt(width)));
  const scale = normalization === "l2" ? scope.parameter("scale", [1], ones) : undefined;
  return softRouting(softLogits(x, slots, scale), options);
}

export const soft = defineRouter({
  name: "soft",
  kind: "soft",
  paper: "arXiv:2308.00951",
  description: "Slots that are weighted means of all tokens.",
  decides: "all",
  settings: {
    num_slots: count.default(1).describe("Slots per expert."),
    normalization: z
      .enum(["l2", "none"])
      .default("l2")
      .describe("Whether tokens and slots have unit length before their dot product."),
  },
  renamed: { normalize: { key: "normalization", values: { true: "l2", false: "none" } } },
  selects: () => "all",
  gives: [],
  even: true,
  tensors: { phi: { axis: 1, slots: true }, scale: null },
  requires: () => ({
    sequences: true,
    leak: "the slots of the router soft mix later tokens into earlier ones",
  }),
  route: (scope, x, settings, { numExperts, numTokens, mask }) => {
    const shape = [divideDim(x.shape[0]!, numTokens!), numTokens!]; // G, S
    const tokens = reshape(x, [...shape, x.shape[1]!]); // [G, S, D]
    const grouped = mask === undefined ? {} : { mask: reshape(mask, shape) };
    return softRouter(scope, tokens, { ...settings, numExperts, ...grouped });
  },
  examples: {
    picture: { settings: {} },
    variants: [{ title: "soft slots, 2 per expert", settings: { num_slots: 2 }, balanced: true }],
    forms: [
      { title: "normalised", settings: { num_slots: 2 } },
      { title: "plain", settings: { num_slots: 2, normalization: "none" } },
    ],
  },
});
