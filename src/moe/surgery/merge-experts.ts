import { usageError } from "../../graph/errors.ts";
import { alignUnits } from "./align-units.ts";
import type { ExpertChange, ExpertKinds, ExpertPart, NewExpert } from "./change.ts";
import type { ExpertLayer, Tensors } from "./layout.ts";
import { requireEnough } from "./remove-experts.ts";
import {
  chosenFor,
  kept,
  kindsOf,
  type PerLayer,
  planLayers,
  requireExperts,
} from "./selection.ts";

export interface MergeExpertsOptions {
  /** Weight of each expert, by its index, not negative; default equal. */
  readonly weights?: PerLayer<readonly number[]>;
  /**
   * Weights of the model. If given, hidden units of the others are matched with the units of the heaviest
   * expert of each group before averaging; see {@link alignUnits}.
   */
  readonly alignIn?: Tensors;
  readonly kinds?: ExpertKinds;
  /** `K`: the minimum number of remaining experts. Default 1. */
  readonly numSelectedExperts?: number;
}

/**
 * Plans a layer in which each group of experts becomes one expert at the index of the group's first: the
 * weighted mean of their weights and of their router entries (by activation frequency in Li
 * et al., arXiv:2310.01334, section 3). Merging equal experts gives the same expert.
 *
 * @throws UserError (exit code 2) for empty or invalid groups or weights
 */
export function mergeExperts(
  layers: readonly ExpertLayer[],
  groups: PerLayer<readonly (readonly number[])[]>,
  { weights, alignIn, kinds, numSelectedExperts = 1 }: MergeExpertsOptions = {},
): ExpertChange {
  return planLayers(layers, (layer) => {
    const chosen = chosenFor(layer, groups).map((group) => group.toSorted((a, b) => a - b));
    requireExperts(layer, chosen.flat());
    const kindOf = kindsOf(layer, kinds);
    const merged = new Map<number, NewExpert>();
    for (const group of chosen) {
      requireGroup(layer, group, kindOf);
      const shares = sharesOf(layer, group, weights && chosenFor(layer, weights));
      const parts = align(layer, group, shares, alignIn);
      merged.set(group[0]!, { parts, kind: kindOf[group[0]!]! });
    }
    const gone = new Set(chosen.flatMap((group) => group.slice(1)));
    const left = kindOf
      .map((kind, e) => merged.get(e) ?? kept(e, kind))
      .filter((_, e) => !gone.has(e));
    if (left.length === layer.numExperts) {
      throw usageError("no experts to merge; name two or more");
    }
    requireEnough(layer, left, numSelectedExperts);
    return left;
  });
}

function requireGroup(
  layer: ExpertLayer,
  group: readonly number[],
  kindOf: readonly number[],
): void {
  if (group.length < 2) {
    throw usageError(
      `a merge needs two experts or more, got ${group.join(", ") || "none"} in ${layer.path}`,
    );
  }
  if (new Set(group.map((e) => kindOf[e])).size > 1) {
    throw usageError(
      `experts ${group.join(", ")} of ${layer.path} are of different kinds (shared, or of one modality); merge experts of one kind`,
    );
  }
}

/** Weights of a group, of sum 1; equal if all weights of the group are 0. */
function sharesOf(
  layer: ExpertLayer,
  group: readonly number[],
  weights: readonly number[] | undefined,
): number[] {
  const values = group.map((e) => (weights === undefined ? 1 : weights[e]!));
  if (!values.every((value) => Number.isFinite(value) && value >= 0)) {
    throw usageError(
      `experts ${group.join(", ")} of ${layer.path} have the weights ${values.join(", ")}; weights must not be negative`,
    );
  }
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => (total > 0 ? value / total : 1 / group.length));
}

function align(
  layer: ExpertLayer,
  group: readonly number[],
  shares: readonly number[],
  tensors: Tensors | undefined,
): ExpertPart[] {
  const reference = group[shares.indexOf(Math.max(...shares))]!;
  return group.map((expert, i) => {
    const part = { expert, weight: shares[i]! };
    if (tensors === undefined || expert === reference) return part;
    return { ...part, units: alignUnits(tensors, layer, reference, expert) };
  });
}
