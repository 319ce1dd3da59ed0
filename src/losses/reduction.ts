/** Reduction of per-row losses. */
import type { Tensor } from "../graph/graph.ts";
import { reduceMean, reduceSum } from "../ops/reduce.ts";

/** Reduction of per-row losses, as in torch.nn. */
export type Reduction = "mean" | "sum" | "none";

/** Mean or sum of all entries; `none` returns the entries. */
export function reduceLoss(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "mean" ? reduceMean(losses) : reduceSum(losses);
}
