/** Batches sorted by domain: all rows of the first domain, then all rows of the second, and so on. */
import type { Tensor } from "../graph/graph.ts";
import { formatShape } from "../graph/shape.ts";
import { reshape } from "../ops/reshape.ts";

/** An update of several batches, for losses that depend on the update as a whole. */
export interface Accumulation {
  readonly batches: number;
  /**
   * The mean over the batches of `mean`, a mean over the rows of one batch; its gradient is that of this
   * batch.
   */
  readonly wholeUpdate: (name: string, mean: Tensor) => Tensor;
}

/**
 * Splits the rows by domain.
 *
 * @param x `[M*n, ...]`, M domains with n rows each
 * @returns `[M, n, ...]`
 * @throws RangeError if the number of rows is dynamic or not a multiple of `numDomains`
 */
export function byDomain(x: Tensor, numDomains: number): Tensor {
  const [rows, ...rest] = x.shape;
  if (typeof rows !== "number" || rows % numDomains !== 0) {
    throw new RangeError(
      `byDomain: the number of rows must be a fixed multiple of the ${numDomains} domains, got ${formatShape(x.shape)}`,
    );
  }
  return reshape(x, [numDomains, rows / numDomains, ...rest]);
}
