import { usageError } from "../../graph/errors.ts";
import type { ExpertChange, ExpertKinds, NewExpert } from "./change.ts";
import type { ExpertLayer } from "./layout.ts";
import {
  chosenFor,
  kept,
  kindsOf,
  type PerLayer,
  planLayers,
  requireExperts,
} from "./selection.ts";

export interface RemoveExpertsOptions {
  readonly kinds?: ExpertKinds;
  /** `K`: the minimum number of remaining experts. Default 1. */
  readonly numSelectedExperts?: number;
}

/**
 * Plans a layer without some of its experts; the others keep their order and are renumbered.
 *
 * A softmax router's probabilities of the others become `p / (1 - sum of the removed p)`: nothing
 * changes for tokens with probability 0 for the removed experts. With normalised top-k, weights and
 * outputs stay exactly the same for every token that had not chosen a removed expert, whatever
 * its probability; unnormalised weights grow by that factor.
 *
 * @throws UserError (exit code 2) for empty or invalid selections, or too few remaining experts
 */
export function removeExperts(
  layers: readonly ExpertLayer[],
  experts: PerLayer<readonly number[]>,
  { kinds, numSelectedExperts = 1 }: RemoveExpertsOptions = {},
): ExpertChange {
  return planLayers(layers, (layer) => {
    const removed = chosenFor(layer, experts);
    requireExperts(layer, removed);
    if (removed.length === 0) {
      throw usageError(`no experts to remove from ${layer.path}; name some`);
    }
    const left = kindsOf(layer, kinds)
      .map((kind, e) => kept(e, kind))
      .filter((_, e) => !removed.includes(e));
    requireEnough(layer, left, numSelectedExperts);
    return left;
  });
}

/** Checks that a token can still select enough experts. @throws UserError if not */
export function requireEnough(
  { path, numExperts }: ExpertLayer,
  left: readonly NewExpert[],
  numSelectedExperts: number,
): void {
  if (left.length >= Math.max(1, numSelectedExperts)) return;
  throw usageError(
    `${left.length} of ${numExperts} experts would remain in ${path}, fewer than num_selected_experts ${numSelectedExperts}; remove fewer`,
  );
}
