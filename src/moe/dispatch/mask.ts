import type { Tensor } from "../../graph/graph.ts";
import { where } from "../../ops/compare.ts";
import type { Routing } from "../routing.ts";

/**
 * Leaves padding, or tokens of another modality, without experts: they cost nothing, are not
 * counted, and their output is zero.
 *
 * @param mask which tokens there are, `[N]` bool
 */
export function maskTokens(routing: Routing, mask: Tensor): Routing {
  return {
    ...routing,
    ids: where(mask, routing.ids, routing.numExperts),
    mayDrop: true,
    combineWeights: where(mask, routing.combineWeights, 0),
  };
}
