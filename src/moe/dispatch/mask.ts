import type { Tensor } from "../../graph/graph.ts";
import { where } from "../../ops/compare.ts";
import type { Routing } from "../routing.ts";

/**
 * Removes the experts of padding, or of tokens of another modality: these tokens cost nothing, are not
 * counted, and their output is zero.
 *
 * @param mask tokens to keep, `[N]` bool
 */
export function maskTokens(routing: Routing, mask: Tensor): Routing {
  return {
    ...routing,
    ids: where(mask, routing.ids, routing.numExperts),
    mayDrop: true,
    combineWeights: where(mask, routing.combineWeights, 0),
  };
}
