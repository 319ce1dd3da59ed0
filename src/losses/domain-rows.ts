/** Batches whose samples stand by domain: the rows of the first domain, then those of the second. */
import type { Tensor } from "../graph/graph.ts";
import { formatShape } from "../graph/shape.ts";
import { reshape } from "../ops/reshape.ts";

/**
 * Rows by domain.
 *
 * @param x `[M*n, ...]`, M domains with n rows each
 * @returns `[M, n, ...]`
 */
export function byDomain(x: Tensor, numDomains: number): Tensor {
  const [rows, ...rest] = x.shape;
  if (typeof rows !== "number" || rows % numDomains !== 0) {
    throw new RangeError(
      `rows of ${numDomains} domains need a fixed number of them in each, got ${formatShape(x.shape)}`,
    );
  }
  return reshape(x, [numDomains, rows / numDomains, ...rest]);
}
