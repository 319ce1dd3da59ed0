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

export interface AddExpertsOptions {
  /** Experts to copy, one new expert for each entry. */
  readonly copies?: PerLayer<readonly number[]>;
  /** Number of additional freshly initialised experts. Default 0. */
  readonly numFresh?: number;
  readonly kinds?: ExpertKinds;
  /** Kind of the fresh experts. Default 0. */
  readonly freshKind?: number;
}

/**
 * Plans new experts: copies of others including their router entries, or fresh ones. They follow
 * the last expert of their kind.
 *
 * A copy without noise changes a softmax router's probabilities from `p` to `p / (1 + p_e)`, with
 * `p_e` for the copied expert and for its copy. Dense routing then gives
 * `y' = (y + p_e f_e(x)) / (1 + p_e)`. With normalised top-k, nothing changes for a token that did not
 * choose `e`, or chose it last (ties go to the lower index); a token that preferred `e` to another expert
 * replaces its last choice by the copy. With `K = 1` the copy is never chosen until noise or training
 * makes the two different. Unnormalised weights shrink by `1 + p_e`. Sigmoid scores of other experts do
 * not change.
 *
 * @throws UserError (exit code 2) for empty or invalid selections
 */
export function addExperts(
  layers: readonly ExpertLayer[],
  { copies = [], numFresh = 0, kinds, freshKind = 0 }: AddExpertsOptions,
): ExpertChange {
  return planLayers(layers, (layer) => {
    const sources = chosenFor(layer, copies);
    requireExperts(layer, [...new Set(sources)]);
    if (sources.length + numFresh === 0) {
      throw usageError(
        "no experts to add; name experts to copy, or give a number of fresh experts",
      );
    }
    const kindOf = kindsOf(layer, kinds);
    const added: NewExpert[] = [
      ...sources.map((expert) => ({
        parts: [{ expert, weight: 1 }],
        kind: kindOf[expert]!,
        perturbed: true,
      })),
      ...Array.from({ length: numFresh }, () => ({ parts: [], kind: freshKind })),
    ];
    const old = kindOf.map((kind, e) => kept(e, kind));
    return [...old, ...added].sort((a, b) => a.kind - b.kind); // stable
  });
}
