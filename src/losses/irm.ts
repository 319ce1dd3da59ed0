/** Penalty on classifiers that rescaling would improve on a single domain. ONNX: Softmax, GatherElements. */
import { array } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { mul, sub } from "../ops/arithmetic.ts";
import { takeAlong } from "../ops/gather.ts";
import { reduceMean, reduceSum } from "../ops/reduce.ts";
import { squeeze, unsqueeze } from "../ops/reshape.ts";
import { softmax } from "../ops/softmax.ts";
import { type Accumulation, byDomain } from "./domain-rows.ts";

/**
 * IRMv1 (arXiv:1907.02893, section 3.1): the squared derivative of each domain's cross-entropy by a
 * factor `s` on the logits, at s = 1, averaged over domains. The derivative of one row is
 *
 *     d/ds CE(s z, y) at s = 1  =  sum_c (softmax(z)_c - [c = y]) z_c
 *
 * The unbiased estimate of the square is the product of the mean derivatives over even and odd rows,
 * which may be negative, as in the paper's appendix and DomainBed.
 *
 * @param logits `[M*n, C]`, the rows of each domain contiguous, n >= 2
 * @param labels `[M*n]` int64
 * @param accumulation given if the rows are one batch of several; the penalty is that of the update
 * @returns a scalar
 * @throws RangeError if a domain has fewer than two rows
 * @example
 * const labels = array([0, 0], "int64");
 * const penalty = (z, y) => irmPenalty(z, y, 1);
 * await evaluate(penalty, [array([[0, 0], [0, 0]]), labels]); // [0]
 */
export function irmPenalty(
  logits: Tensor,
  labels: Tensor,
  numDomains: number,
  accumulation?: Accumulation,
): Tensor {
  const expected = reduceSum(mul(softmax(logits, 1), logits), 1); // [M*n]
  const truth = squeeze(takeAlong(logits, unsqueeze(labels, 1), 1), 1); // [M*n]
  const slopes = byDomain(sub(expected, truth), numDomains); // [M, n]
  const numRows = slopes.shape[1] as number;
  if (numRows < 2) {
    throw new RangeError(`irmPenalty: each domain needs at least two rows, got ${numRows}`);
  }
  const half = (parity: number): Tensor => {
    const count = Math.ceil((numRows - parity) / 2);
    const shares = Array.from({ length: numRows }, (_, i) => (i % 2 === parity ? 1 / count : 0));
    const mean = reduceSum(mul(slopes, constant(slopes.graph, array(shares))), 1); // [M]
    return accumulation?.wholeUpdate(`irm_rows_${parity}`, mean) ?? mean;
  };
  return reduceMean(mul(half(0), half(1)));
}
