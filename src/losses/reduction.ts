/** From one loss per row to a scalar. */
import type { Tensor } from "../graph/graph.ts";
import { reduceMean, reduceSum } from "../ops/reduce.ts";

export type Reduction = "mean" | "sum" | "none";

/** The mean or the sum of all entries, or the entries themselves. */
export function reduceLoss(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "mean" ? reduceMean(losses) : reduceSum(losses);
}
