/** Balanced assignment of tokens to experts inside the graph. */
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim, formatDim } from "../../graph/shape.ts";
import { add, div, maximum, mul, sqrt, square, sub } from "../../ops/arithmetic.ts";
import { cast, equal, greater, lessOrEqual, stopGradient, where } from "../../ops/compare.ts";
import { gather, onesLike, scatterRowsAdd, zerosLike } from "../../ops/gather.ts";
import { slice } from "../../ops/join.ts";
import { oneHot } from "../../ops/one-hot.ts";
import { logSumExp, reduceMean, reduceSum } from "../../ops/reduce.ts";
import { squeeze } from "../../ops/reshape.ts";
import { cumulativeSum } from "../../ops/scan.ts";
import { argMax, sort, topK } from "../../ops/top-k.ts";

export interface EvenAssignmentOptions {
  /** Sinkhorn normalisations over tokens and experts in alternation. Default 30. */
  readonly iterations?: number;
  /** Rounds in which tokens apply to their best expert. Default 4. */
  readonly rounds?: number;
}

/**
 * Standard deviations of the scores per unit of the plan's logarithm; smaller values are closer to the
 * optimal plan.
 */
const TEMPERATURE = 0.1;
const FAR = -1e9;

/**
 * An assignment of `N / E` tokens to every expert with a large sum of scores.
 *
 * Prices of the experts come from Sinkhorn normalisation of `exp(scores / temperature)` (Clark et
 * al., arXiv:2202.01169, S-BASE). In a few rounds, each token then applies to the expert with the
 * largest difference of score and price among experts with free places; an expert with too many
 * applicants keeps the tokens that would lose most. Remaining tokens take the remaining places in
 * order, so the balance is exact for any scores. Without gradient; see `balancedAssignment` for the
 * optimum outside of the graph.
 *
 * @param scores `[N, E]`
 * @returns the expert of each token, `[N]` int64
 */
export function evenAssignment(scores: Tensor, options: EvenAssignmentOptions = {}): Tensor {
  const { iterations = 30, rounds = 4 } = options;
  const [numTokens, numExperts] = scores.shape as [Dim, number];
  requireEvenShare(numTokens, numExperts);
  const net = netScores(stopGradient(scores), iterations); // [N, E]

  const capacity = div(reduceSum(onesLike(net), 0, { keepDims: true }), numExperts); // [1, E]
  let placed = zerosLike(net); // [N, E], 1 if the token has this expert
  let room = capacity;
  for (let round = 0; round < Math.min(rounds, numExperts); round++) {
    const open = where(greater(room, 0), net, FAR); // [N, E]
    const asked = where(waiting(placed), favourites(open), 0); // [N, E]
    const turns = turnsByLoss(asked, open); // [N, E], from 1, 0 if not requested
    placed = add(placed, mul(asked, cast(lessOrEqual(turns, room), "float32")));
    room = sub(capacity, reduceSum(placed, 0, { keepDims: true }));
  }
  const rank = cumulativeSum(cast(waiting(placed), "float32"), 0, { exclusive: true }); // [N, 1]
  const passed = cast(lessOrEqual(cumulativeSum(room, 1), rank), "float32"); // [N, E]
  const rest = cast(reduceSum(passed, 1), "int64"); // [N], the remaining place at this rank
  return where(squeeze(waiting(placed), 1), rest, argMax(placed));
}

/** Unassigned tokens, `[N, 1]`. */
function waiting(placed: Tensor): Tensor {
  return equal(reduceSum(placed, 1, { keepDims: true }), 0);
}

function requireEvenShare(numTokens: Dim, numExperts: number): void {
  try {
    divideDim(numTokens, numExperts);
  } catch {
    throw usageError(
      `BASE routing gives every expert the same number of tokens, but ${formatDim(numTokens)} tokens cannot be divided among ${numExperts} experts; change the batch size or the number of experts`,
    );
  }
}

/** Scores minus the experts' prices, in units of the temperature. */
function netScores(scores: Tensor, iterations: number): Tensor {
  const deviation = sqrt(reduceMean(square(sub(scores, reduceMean(scores))))); // scalar
  let plan = div(scores, maximum(mul(deviation, TEMPERATURE), 1e-20)); // [N, E]
  for (let i = 0; i < iterations; i++) {
    plan = sub(plan, logSumExp(plan, 1, { keepDims: true }));
    plan = sub(plan, logSumExp(plan, 0, { keepDims: true }));
  }
  return plan;
}

/** One at the largest entry of each row, `[N, E]`. */
function favourites(net: Tensor): Tensor {
  return oneHot(argMax(net), net.shape[1] as number);
}

/** Rank of each applying token at its expert; tokens that would lose most elsewhere come first. */
function turnsByLoss(asked: Tensor, open: Tensor): Tensor {
  if (open.shape[1] === 1) return cumulativeSum(asked, 0);
  const { values } = topK(open, 2); // [N, 2]
  const loss = squeeze(sub(slice(values, 1, 0, 1), slice(values, 1, 1, 2)), 1); // [N]
  const line = sort(loss, { descending: true }).indices; // [N]
  return scatterRowsAdd(zerosLike(asked), line, cumulativeSum(gather(asked, line), 0));
}
