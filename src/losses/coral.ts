/** Penalty on differences between the feature statistics of domains. ONNX: MatMul, ReduceMean. */
import type { Tensor } from "../graph/graph.ts";
import { add, div, mul, square, sub } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceMean, reduceSum } from "../ops/reduce.ts";
import { type Accumulation, byDomain } from "./domain-rows.ts";
import { meanOver } from "./mean-over.ts";

/**
 * Deep CORAL (arXiv:1607.01719) over all pairs of domains, as in DomainBed: the mean over pairs
 * of `mean_d (m_i - m_j)_d^2 + mean_de (C_i - C_j)_de^2`, with the mean `m_i` `[D]` and the covariance
 * `C_i = (X_i - m_i)ᵀ (X_i - m_i) / (n - 1)` `[D, D]` of the features of a domain.
 *
 * The paper's loss is `|C_i - C_j|^2 / (4 D^2)`: a quarter of the second term, without the first.
 *
 * @param features `[M*n, D]`, the rows of each domain contiguous, n >= 2
 * @param accumulation given if the rows are one batch of several; the penalty is that of the update
 * @returns a scalar; 0 for one domain
 * @throws RangeError if a domain has fewer than two rows
 * @example
 * const features = array([[0], [2], [1], [3]]); // two domains with means 1 and 2
 * await evaluate((x) => coralPenalty(x, 2), [features]); // [1]
 */
export function coralPenalty(
  features: Tensor,
  numDomains: number,
  accumulation?: Accumulation,
): Tensor {
  const x = byDomain(features, numDomains); // [M, n, D]
  const numRows = x.shape[1] as number;
  if (numRows < 2) {
    throw new RangeError(`coralPenalty: each domain needs at least two rows, got ${numRows}`);
  }
  if (accumulation !== undefined) {
    const { batches, wholeUpdate } = accumulation;
    const rows = numRows * batches;
    const means = wholeUpdate("coral_means", reduceMean(x, 1, { keepDims: true })); // [M, 1, D]
    const products = matmul(x, x, { transposeA: true, scale: 1 / numRows }); // [M, D, D]
    const apart = sub(wholeUpdate("coral_products", products), outer(means));
    const covariances = mul(apart, rows / (rows - 1));
    return meanOver(add(meanOverPairs(means), meanOverPairs(covariances)), "samples");
  }
  const means = reduceMean(x, 1, { keepDims: true }); // [M, 1, D]
  const centred = sub(x, means);
  const covariances = matmul(centred, centred, { transposeA: true, scale: 1 / (numRows - 1) }); // [M, D, D]
  return meanOver(add(meanOverPairs(means), meanOverPairs(covariances)), "samples");
}

/** `m mᵀ` of each domain, `[M, D, D]`. */
const outer = (means: Tensor): Tensor => matmul(means, means, { transposeA: true });

/** `2 / (M (M - 1)) sum_{i<j} mean (a_i - a_j)^2`, computed as `2 / (M - 1) sum_i mean (a_i - mean a)^2`. */
function meanOverPairs(a: Tensor): Tensor {
  const numDomains = a.shape[0] as number;
  if (numDomains === 1) return mul(reduceSum(a), 0);
  const apart = square(sub(a, reduceMean(a, 0, { keepDims: true })));
  return mul(div(reduceSum(reduceMean(apart, [1, 2])), numDomains - 1), 2);
}
