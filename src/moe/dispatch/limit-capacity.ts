import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim, formatDim, product } from "../../graph/shape.ts";
import { div, maximum, mul, sub } from "../../ops/arithmetic.ts";
import { cast, greater, less, lessOrEqual, logicalAnd, where } from "../../ops/compare.ts";
import { scatterAdd, takeAlong, zerosLike } from "../../ops/gather.ts";
import { oneHot } from "../../ops/one-hot.ts";
import { reduceMax, reduceSum } from "../../ops/reduce.ts";
import { reshape, transpose, unsqueeze } from "../../ops/reshape.ts";
import { cumulativeSum } from "../../ops/scan.ts";
import { tile } from "../../ops/tile.ts";
import { sort } from "../../ops/top-k.ts";
import type { Routing } from "../routing.ts";
import { maskTokens } from "./mask.ts";

export interface CapacityLimit {
  /**
   * `C`, assignments that each expert accepts from each group; see `computeCapacity`. A float32 scalar
   * if it is known only when the graph runs, see `runTimeCapacity`, or that of each token's group, `[N]`.
   */
  readonly capacity: number | Tensor;
  /**
   * Order of tokens: by position (`token`, default), or by decreasing largest
   * gate (`batch`: batch-prioritised routing, V-MoE, arXiv:2106.05974, Sec. 3; used by LIMoE).
   * Ties keep the order of tokens.
   */
  readonly priority?: "token" | "batch";
  /**
   * `k-major` (default): all first choices before all second choices (vmoe, tutel, fairseq).
   * `token-major`: the choices of a token are consecutive (makeMoE).
   */
  readonly order?: "k-major" | "token-major";
  /** `G`, groups of consecutive tokens with separate buffers. Default 1. */
  readonly numGroups?: Dim;
  /**
   * Divides a token's weights by their sum: before dropping (tutel), after it over the remaining
   * experts (lucidrains, fairseq), or not at all (vmoe, makeMoE). Default `none`.
   */
  readonly normalization?: "none" | "before" | "after";
  /** Tokens that are not padding, `[N]` bool; padding is neither routed nor counted. */
  readonly mask?: Tensor;
  /** Values compared by batch priority, `[N]`. Default: the largest probability of each token. */
  readonly scores?: Tensor;
}

export interface LimitedRouting extends Routing {
  /** Position of each assignment in its expert's buffer, `[K, N]` int64; `C` if it is dropped. */
  readonly positions: Tensor;
  /** Accepted assignments as a fraction (0-1) of the attempted ones, scalar; 1 if none was attempted. */
  readonly successRate: Tensor;
}

/**
 * Lets each expert accept at most `C` assignments from each group, in order of priority; dropped
 * assignments have no expert and weight 0.
 *
 * The result is dispatched by `droplessDispatcher`: no buffer is padded. Axes: `G` groups, `S` tokens
 * per group.
 *
 * @throws UserError (exit code 2) for an invalid capacity or number of groups
 */
export function limitCapacity(routing: Routing, limit: CapacityLimit): LimitedRouting {
  const { numExperts } = routing;
  const { capacity, normalization = "none", mask } = limit;
  if (typeof capacity === "number" && !(Number.isInteger(capacity) && capacity >= 1)) {
    throw usageError(`capacity must be a whole number >= 1, got ${capacity}`);
  }
  const { ids: attempted, combineWeights } =
    mask === undefined ? routing : maskTokens(routing, mask); // [K, N]
  const turns = turnsInLine(attempted, routing, limit); // [K, N], from 1 on
  const hasExpert = less(attempted, numExperts);
  const accepted = logicalAnd(hasExpert, lessOrEqual(turns, capacity)); // [K, N]
  const weights = normalization === "before" ? toSumOne(combineWeights) : combineWeights;
  const kept = where(accepted, weights, 0); // [K, N]
  const nowhere = typeof capacity === "number" ? capacity : cast(capacity, "int64");
  return {
    ...routing,
    ids: where(accepted, attempted, numExperts),
    mayDrop: true,
    combineWeights: normalization === "after" ? toSumOne(kept) : kept,
    positions: where(accepted, cast(sub(turns, 1), "int64"), nowhere),
    successRate: fractionOf(accepted, hasExpert),
  };
}

/** Rank of each assignment at its expert, from 1, `[K, N]`; 0 if it has no expert. */
function turnsInLine(
  ids: Tensor,
  routing: Routing,
  { priority = "token", order = "k-major", numGroups = 1, scores }: CapacityLimit,
): Tensor {
  const [numSelected, numTokens] = ids.shape as [number, Dim];
  const size = groupSize(numTokens, numGroups);
  const grouped = reshape(ids, [numSelected, numGroups, size]); // [K, G, S]
  if (priority === "token") return reshape(turnsAtExperts(grouped, routing, order), ids.shape);

  const gates = scores ?? reduceMax(routing.probabilities, -1); // [N]
  const line = sort(reshape(gates, [numGroups, size]), { descending: true }).indices; // [G, S]
  const places = tile(unsqueeze(line, 0), [numSelected, 1, 1]); // [K, G, S]
  const turns = turnsAtExperts(takeAlong(grouped, places), routing, order);
  return reshape(scatterAdd(zerosLike(turns), places, turns), ids.shape);
}

function turnsAtExperts(
  ids: Tensor,
  { numExperts }: Routing,
  order: "k-major" | "token-major",
): Tensor {
  const [there, back] =
    order === "k-major"
      ? ([
          [1, 0, 2],
          [1, 0, 2],
        ] as const)
      : ([
          [1, 2, 0],
          [2, 0, 1],
        ] as const);
  const line = transpose(ids, there); // [G, K, S] or [G, S, K]
  const chosen = oneHot(reshape(line, [line.shape[0]!, product(line.shape.slice(1))]), numExperts);
  const turns = reduceSum(mul(cumulativeSum(chosen, 1), chosen), -1); // [G, K*S]
  return transpose(reshape(turns, line.shape), back); // [K, G, S]
}

function groupSize(numTokens: Dim, numGroups: Dim): Dim {
  try {
    return divideDim(numTokens, numGroups);
  } catch {
    throw usageError(
      `${formatDim(numTokens)} tokens cannot be split into ${formatDim(numGroups)} equal groups; choose a number of groups that divides them`,
    );
  }
}

/** Weights `[K, N]` divided by their sum over `K`; all-zero weights stay zero. */
function toSumOne(weights: Tensor): Tensor {
  const sum = reduceSum(weights, 0, { keepDims: true });
  return div(weights, where(greater(sum, 0), sum, 1));
}

function fractionOf(part: Tensor, whole: Tensor): Tensor {
  const [some, all] = [part, whole].map((flags) => reduceSum(cast(flags, "float32")));
  return where(greater(all!, 0), div(some!, maximum(all!, 1)), 1);
}
