import type { Tensor } from "../../graph/graph.ts";
import type { Initializer } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { softmax } from "../../ops/softmax.ts";
import { type Routing, selectTopK } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { evenLoss, initOf, linearSettings, linearTensors, rate, scored } from "./settings.ts";

export interface SwitchRouterOptions {
  readonly numExperts: number;
  /**
   * Multiplies the router's input by uniform numbers from `[1 - jitter, 1 + jitter)` in training.
   * Default 0; the paper uses 0.01.
   */
  readonly jitter?: number;
  /** Default false. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
}

/**
 * The most probable expert, weighted by its probability (Switch, arXiv:2101.03961, section 2.1).
 *
 * `p = softmax(logits)`, `y = p_e f_e(x)` with `e = argmax p`. The weight is not normalised: a normalised
 * weight is always 1 and gives the router no gradient. Ties go to the lower index.
 *
 * @param logits `[N, E]`
 */
export function switchRouting(logits: Tensor): Routing {
  return selectTopK(logits, softmax(logits), 1, "none");
}

/**
 * Top-1 routing with a linear router; parameter `weight` `[E, D]`.
 *
 * @param x `[N, D]`
 */
export function switchRouter(scope: Scope, x: Tensor, options: SwitchRouterOptions): Routing {
  const { numExperts, jitter = 0, bias = false, weightInit } = options;
  const seen = jitter > 0 && scope.training ? mul(x, jitterFactors(scope, x, jitter)) : x; // [N, D]
  return switchRouting(
    linear(scope, seen, numExperts, { bias, ...(weightInit && { weightInit }) }),
  );
}

function jitterFactors(scope: Scope, x: Tensor, jitter: number): Tensor {
  return add(mul(scope.random("jitter", x.shape, "uniform"), 2 * jitter), 1 - jitter);
}

export const switchDefinition = defineRouter({
  name: "switch",
  kind: "token-choice",
  paper: "arXiv:2101.03961",
  description: "The most probable expert, weighted by its probability.",
  decides: "tokens",
  settings: {
    jitter: rate
      .default(0)
      .describe("Relative range of the factor on tokens in training, 0 to below 1."),
    ...linearSettings,
  },
  selects: () => ({ always: 1 }),
  gives: scored,
  tensors: linearTensors,
  route: (scope, x, settings, { numExperts }) =>
    switchRouter(scope, x, { ...settings, ...initOf(settings), numExperts }),
  examples: {
    picture: { settings: {} },
    variants: [
      {
        title: "Switch, balance loss",
        settings: {},
        losses: [{ ...evenLoss, weight: 0.05 }],
        balanced: true,
      },
    ],
    forms: [{ title: "with jitter and a bias", settings: { jitter: 0.1, bias: true } }],
  },
});
