/**
 * The decision of a router.
 *
 * Axes of this folder: `N` tokens, `D` width, `E` experts, `K` selected experts per token,
 * `T = K*N` assignments (K-major: all first choices, then all second choices), `n_e` assignments of
 * expert `e`.
 */

import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { div } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { transpose } from "../ops/reshape.ts";
import { topK } from "../ops/top-k.ts";

/** Token choice: the experts of every token. */
export interface Routing {
  readonly numExperts: number;
  /** `K`, the maximum number of experts per token. */
  readonly numSelectedExperts: number;
  /**
   * Chosen experts, best first, `[K, N]` int64. `numExperts` means "no expert": padding, a
   * dropped assignment, or one below a threshold.
   */
  readonly ids: Tensor;
  /** Whether `ids` may hold "no expert". Default false: every assignment has an expert. */
  readonly mayDrop?: boolean;
  /** Weights of the chosen experts in the output, `[K, N]`; zero if there is no expert. */
  readonly combineWeights: Tensor;
  /** Probability of every expert for every token, `[N, E]`. */
  readonly probabilities: Tensor;
  /** Logits of the probabilities, without noise, `[N, E]`. */
  readonly logits: Tensor;
  /** The logits after noise, `[N, E]`; in training only. */
  readonly noisyLogits?: Tensor;
  /** Standard deviation of that noise: one number, or `[N, E]` if it is learned. */
  readonly noiseStd?: Tensor | number;
}

/** Expert choice: the tokens of every expert. */
export interface ExpertChoice {
  readonly numExperts: number;
  /** `C`, tokens per expert. */
  readonly capacity: number;
  /** Chosen tokens, best first, `[E, C]` int64. */
  readonly tokenIds: Tensor;
  /** Weights of the experts in the output of these tokens, `[E, C]`. */
  readonly combineWeights: Tensor;
  /** `[N, E]` */
  readonly probabilities: Tensor;
  /** `[N, E]` */
  readonly logits: Tensor;
}

/**
 * Slots that are weighted means of tokens. `G` groups, `S` tokens per group, `P` slots per expert;
 * the slots of expert `e` are `e P ... e P + P - 1`.
 */
export interface SoftRouting {
  readonly numExperts: number;
  /** `P`, slots per expert. */
  readonly numSlots: number;
  /** Weights of the tokens in each slot, `[G, S, E*P]`; each slot's sum over tokens is 1. */
  readonly dispatchWeights: Tensor;
  /** Weights of the slots in each token's output, `[G, S, E*P]`; each token's sum is 1. */
  readonly combineWeights: Tensor;
  /** `[G, S, E*P]` */
  readonly logits: Tensor;
}

/** Every expert for every token. */
export interface DenseRouting {
  readonly numExperts: number;
  /** Weight of every expert in the output of every token, `[N, E]`. */
  readonly combineWeights: Tensor;
  /** `[N, E]` */
  readonly logits: Tensor;
}

/** The kind of a routing, which determines the dispatchers that support it. */
export type RouterKind = "token-choice" | "expert-choice" | "soft" | "dense";

/** The routing of each kind. */
export interface RoutingByKind {
  readonly "token-choice": Routing;
  readonly "expert-choice": ExpertChoice;
  readonly soft: SoftRouting;
  readonly dense: DenseRouting;
}

/** A routing of any kind. */
export type AnyRouting = RoutingByKind[RouterKind];

/** Numbers of experts that a layer has and uses. */
export interface MoeSizes {
  /** `E`, after `granularity`, without shared experts. */
  readonly numExperts: number;
  /** `K`, after `granularity`: choices per token in the tap `ids`; `E` if tokens do not choose. */
  readonly numSelectedExperts: number;
  /** Routed experts that process a token: `K`, an average or an upper bound, or the capacity factor. */
  readonly numActiveExperts: number;
}

/** How the weights of the chosen experts are computed from their probabilities. */
export type Normalization =
  /** Divided by their sum (Mixtral, Diff-MoE). */
  | "sum"
  /** Unchanged (V-MoE, Switch): the scale decreases with the number of experts. */
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

/** Checks that `1 <= K <= E`. @throws UserError (exit code 2) if not */
export function requireSelectable(numSelectedExperts: number, numExperts: number): void {
  if (numSelectedExperts < 1 || numSelectedExperts > numExperts) {
    throw usageError(
      `num_selected_experts must be between 1 and the number of experts (${numExperts}), got ${numSelectedExperts}`,
    );
  }
}
