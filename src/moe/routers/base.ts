import type { Tensor } from "../../graph/graph.ts";
import { orthogonal } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { sigmoid } from "../../ops/activation.ts";
import { takeAlong } from "../../ops/gather.ts";
import { transpose, unsqueeze } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { argMax } from "../../ops/top-k.ts";
import type { Routing } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { evenAssignment } from "./even-assignment.ts";
import { linearTensors } from "./settings.ts";

export interface BaseRouterOptions {
  readonly numExperts: number;
  /**
   * Expert of each token in training, `[N]` int64, for example from `balancedAssignment` on the
   * scores. Default `evenAssignment`.
   */
  readonly assigned?: Tensor;
}

/**
 * One expert per token, weighted by `sigmoid(x . c_e)` (BASE layers, arXiv:2103.16716, section 3).
 *
 * With `a` the weight, fairseq's layer is `y = a f_e(x) + (1 - a) x` with experts that have a
 * residual, `f_e(x) = x + g_e(x)`. This equals `x + a g_e(x)`: the weighted expert `g_e` added to the
 * residual of its block. Without `assigned`, the highest score decides, ties to the lower index.
 * `probabilities` is `softmax(logits)`, for losses and metrics; the method itself needs no loss.
 *
 * @param logits `x . c_e`, `[N, E]`
 * @param assigned `[N]` int64
 */
export function baseRouting(logits: Tensor, assigned?: Tensor): Routing {
  const chosen = unsqueeze(assigned ?? argMax(logits), 1); // [N, 1]
  return {
    numExperts: logits.shape[1] as number,
    numSelectedExperts: 1,
    ids: transpose(chosen), // [1, N]
    combineWeights: transpose(sigmoid(takeAlong(logits, chosen))), // [1, N]
    probabilities: softmax(logits),
    logits,
  };
}

/**
 * BASE routing; parameter `weight` `[E, D]`, the experts' centroids, initialised orthogonal with gain 0.1
 * as in fairseq. Evaluation ignores `assigned` and uses the highest score.
 *
 * Training gives every expert exactly `N / E` tokens. The paper computes the optimal assignment;
 * here the graph finds a good one, see `evenAssignment`, so that no layer has to leave the graph.
 *
 * @param x `[N, D]`
 */
export function baseRouter(scope: Scope, x: Tensor, options: BaseRouterOptions): Routing {
  const logits = linear(scope, x, options.numExperts, { bias: false, weightInit: orthogonal(0.1) });
  return baseRouting(
    logits,
    scope.training ? (options.assigned ?? evenAssignment(logits)) : undefined,
  );
}

export const base = defineRouter({
  name: "base",
  kind: "token-choice",
  paper: "arXiv:2103.16716",
  description: "One expert per token, the same number of tokens per expert in training.",
  decides: "evenly",
  settings: {},
  selects: () => ({ always: 1 }),
  gives: ["probabilities", "distribution"],
  even: true,
  tensors: linearTensors,
  requires: () => ({ noPadding: "every expert receives the same share of all tokens" }),
  route: (scope, x, _, { numExperts }) => baseRouter(scope, x, { numExperts }),
  examples: {
    picture: { settings: {} },
    variants: [{ title: "BASE", settings: {} }],
  },
});
