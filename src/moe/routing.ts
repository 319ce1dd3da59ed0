/**
 * What a router decides.
 *
 * Axes of this folder: `N` tokens, `D` width, `E` experts, `K` selected experts per token,
 * `T = K*N` assignments (K-major: all first choices, then all second ones), `n_e` assignments of
 * expert `e`.
 */

import { UserError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { div } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { transpose } from "../ops/reshape.ts";
import { topK } from "../ops/top-k.ts";

export interface Routing {
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  /** Chosen experts, best first, `[K, N]` int64. */
  readonly ids: Tensor;
  /** Weights of the chosen experts in the output, `[K, N]`. */
  readonly combineWeights: Tensor;
  /** Probability of every expert for every token, `[N, E]`. */
  readonly probabilities: Tensor;
  /** What the probabilities were made of, `[N, E]`. */
  readonly logits: Tensor;
}

/** How the weights of the chosen experts follow from their probabilities. */
export type Normalization =
  /** Divided by their sum (Mixtral, Diff-MoE). */
  | "sum"
  /** As they are (V-MoE, Switch): the scale shrinks with the number of experts. */
  | "none";

/** Chooses the `K` most probable experts of each token; ties go to the lower index. */
export function selectTopK(
  logits: Tensor,
  probabilities: Tensor,
  numSelectedExperts: number,
  normalization: Normalization,
): Routing {
  const numExperts = probabilities.shape[1] as number;
  requireSelectable(numSelectedExperts, numExperts);
  const { values, indices } = topK(probabilities, numSelectedExperts); // [N, K]
  const weights =
    normalization === "sum" ? div(values, reduceSum(values, -1, { keepDims: true })) : values;
  return {
    numExperts,
    numSelectedExperts,
    ids: transpose(indices), // [K, N]
    combineWeights: transpose(weights), // [K, N]
    probabilities,
    logits,
  };
}

/** Throws unless `1 <= K <= E`. */
export function requireSelectable(numSelectedExperts: number, numExperts: number): void {
  if (numSelectedExperts < 1 || numSelectedExperts > numExperts) {
    throw new UserError(
      `num_selected_experts must be between 1 and the number of experts (${numExperts}), got ${numSelectedExperts}`,
      { exitCode: 2 },
    );
  }
}
