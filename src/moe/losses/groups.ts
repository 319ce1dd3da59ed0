/** Losses of all tokens of a batch, or of each sequence. */
import * as z from "zod";
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import { divideDim } from "../../graph/shape.ts";
import { countedMean } from "../../losses/mean-over.ts";
import { div, maximum } from "../../ops/arithmetic.ts";
import { cast, greater, where } from "../../ops/compare.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/reshape.ts";
import { keepTokens, overTokens, type TokenMask, tokenMean } from "./tokens.ts";

export interface TokenGroups extends TokenMask {
  /**
   * `batch`: one loss of all tokens (Switch, GShard's public ports). `sequence`: the mean of the losses
   * of the sequences, as V-MoE and LIMoE do for their groups of tokens. Default `batch`.
   */
  readonly groups?: "batch" | "sequence";
  /** `S`, tokens per sequence; consecutive tokens form a sequence. */
  readonly numTokens?: number;
}

/** The setting `groups` of losses that are not means over tokens. */
export const groupSettings = {
  groups: z
    .enum(["batch", "sequence"])
    .default("batch")
    .describe("One loss of the whole batch, or the mean of the losses of its sequences."),
};

/**
 * Mean over the unmasked tokens of each group; zero for a group without any.
 *
 * @param x `[N, E]`
 * @returns `[E]`, or `[B, E]` with groups that are sequences
 */
export function groupMean(x: Tensor, options: TokenGroups = {}): Tensor {
  const { mask } = options;
  if (options.groups !== "sequence") return tokenMean(x, mask);
  const grouped = bySequence(keepTokens(x, mask), options); // [B, S, E]
  if (mask === undefined) return reduceMean(grouped, 1);
  const count = reduceSum(bySequence(cast(mask, "float32"), options), 1, { keepDims: true }); // [B, 1]
  return div(reduceSum(grouped, 1), maximum(count, 1));
}

/**
 * The loss of the batch, or the mean of those of the sequences with tokens, with its weight beside the
 * losses of other batches.
 *
 * @param losses a scalar, or `[B]` with groups that are sequences
 */
export function overGroups(losses: Tensor, options: TokenGroups = {}): Tensor {
  const { mask } = options;
  if (options.groups !== "sequence") return overTokens(losses, mask);
  if (mask === undefined) return reduceMean(losses);
  const kept = greater(reduceSum(bySequence(cast(mask, "float32"), options), 1), 0); // [B]
  return countedMean(where(kept, losses, 0), reduceSum(cast(kept, "float32")));
}

/** `[N, ...]` to `[B, S, ...]`. */
function bySequence(x: Tensor, { numTokens }: TokenGroups): Tensor {
  if (numTokens === undefined) {
    throw usageError(
      "a loss with groups sequence needs num_tokens, the number of tokens per sequence",
    );
  }
  const [rows, ...rest] = x.shape;
  return reshape(x, [divideDim(rows!, numTokens), numTokens, ...rest]);
}
