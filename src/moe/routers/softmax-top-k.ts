import type { Tensor } from "../../graph/graph.ts";
import type { Initializer } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { softmax } from "../../ops/softmax.ts";
import { type Normalization, type Routing, selectTopK } from "../routing.ts";

export interface SoftmaxTopKOptions {
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  /** Default `sum`. */
  readonly normalization?: Normalization;
  /** Default false. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
}

/**
 * Softmax over all experts, then the best `K` (Mixtral, arXiv:2401.04088, section 2.1).
 *
 * `p = softmax(W x)`, weights `p_e / sum of the chosen p`. Parameter `weight` `[E, D]`.
 *
 * @param x `[N, D]`
 */
export function softmaxTopKRouter(scope: Scope, x: Tensor, options: SoftmaxTopKOptions): Routing {
  const {
    numExperts,
    numSelectedExperts,
    normalization = "sum",
    bias = false,
    weightInit,
  } = options;
  const logits = linear(scope, x, numExperts, {
    bias,
    ...(weightInit && { weightInit }),
  }); // [N, E]
  return selectTopK(logits, softmax(logits), numSelectedExperts, normalization);
}
