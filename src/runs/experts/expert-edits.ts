/** What can be done to the experts of a run, and which experts of which layers that means. */
import { usageError } from "../../graph/errors.ts";
import { addExperts } from "../../moe/surgery/add-experts.ts";
import type { ExpertChange } from "../../moe/surgery/change.ts";
import { type ExpertLayer, requireLayer, type Tensors } from "../../moe/surgery/layout.ts";
import { mergeExperts } from "../../moe/surgery/merge-experts.ts";
import { removeExperts } from "../../moe/surgery/remove-experts.ts";
import { kindsOf } from "../../moe/surgery/selection.ts";
import { type ExpertLoads, rankByLoad, requireLoads } from "./expert-loads.ts";
import type { ExpertCounts } from "./expert-settings.ts";

/** Experts of one layer, or with these indices in every layer. */
export interface NamedExperts {
  readonly layer?: string;
  readonly experts: readonly number[];
}

export type ExpertEdit = AddEdit | RemoveEdit | MergeEdit | UpcycleEdit;

/** One of the three says what the new experts are. */
export interface AddEdit {
  readonly action: "add";
  /** Copies of these. */
  readonly copies?: readonly NamedExperts[];
  /** Copies of so many experts of each layer, those with the highest load. */
  readonly numMostUsed?: number;
  /** So many experts with initial values. */
  readonly numFresh?: number;
  /** Kind of fresh or most used experts, for example `shared`; default the first. */
  readonly kind?: string;
}

/** One of the two says which. */
export interface RemoveEdit {
  readonly action: "remove";
  readonly experts?: readonly NamedExperts[];
  /** So many experts of each layer, those with the lowest load. */
  readonly numLeastUsed?: number;
  /** Kind of the least used; default the first. */
  readonly kind?: string;
}

export interface MergeEdit {
  readonly action: "merge";
  /** Each entry becomes one expert. */
  readonly groups: readonly NamedExperts[];
  /** What an expert counts in the mean: the same, its load, or the number of its index. */
  readonly weights: "equal" | "load" | readonly number[];
  /** Matches the hidden units of the experts first. */
  readonly align: boolean;
}

export interface UpcycleEdit {
  readonly action: "upcycle";
  /** `key=value` settings of the new model over those of the run. */
  readonly overrides: readonly string[];
}

/** What an edit is planned from. */
export interface EditContext {
  readonly layers: readonly ExpertLayer[];
  readonly loads: ExpertLoads;
  readonly counts: ExpertCounts;
  readonly weights: Tensors;
}

/** The experts of every layer after an edit. */
export function planEdit(
  edit: Exclude<ExpertEdit, UpcycleEdit>,
  { layers, loads, counts, weights }: EditContext,
): ExpertChange {
  const { counts: kinds, numSelectedExperts } = counts;
  const ranked = (count: number, order: "most" | "least", kind: number) =>
    new Map(
      layers.map((layer) => {
        const own = kindsOf(layer, kinds).flatMap((of, e) => (of === kind ? [e] : []));
        return [layer.path, rankByLoad(requireLoads(loads, layer.path), own, count, order)];
      }),
    );
  switch (edit.action) {
    case "add": {
      const { copies, numMostUsed, numFresh } = edit;
      requireOne({ copies, numMostUsed, numFresh }, "--copy, --most-used or --fresh");
      const kind = kindIndex(edit.kind, counts);
      const sources = numMostUsed ? ranked(numMostUsed, "most", kind) : named(layers, copies ?? []);
      const fresh = { numFresh: numFresh ?? 0, freshKind: kind };
      return addExperts(layers, { copies: sources, kinds, ...fresh });
    }
    case "remove": {
      const { experts, numLeastUsed } = edit;
      requireOne({ experts, numLeastUsed }, "--experts or --least-used");
      const removed = numLeastUsed
        ? ranked(numLeastUsed, "least", kindIndex(edit.kind, counts))
        : named(layers, experts ?? []);
      return removeExperts(layers, removed, { kinds, numSelectedExperts });
    }
    case "merge":
      return mergeExperts(layers, groupsOf(layers, edit.groups), {
        weights: mergeWeights(edit.weights, layers, loads),
        kinds,
        numSelectedExperts,
        ...(edit.align && { alignIn: weights }),
      });
  }
}

function requireOne(given: Readonly<Record<string, unknown>>, options: string): void {
  if (Object.values(given).filter((value) => value !== undefined).length === 1) return;
  throw usageError(`say which experts with one of ${options}`);
}

function kindIndex(kind: string | undefined, { kinds }: ExpertCounts): number {
  const index = kind === undefined ? 0 : kinds.indexOf(kind);
  if (index >= 0) return index;
  throw usageError(`there are no experts of kind ${kind}; there are ${kinds.join(", ")}`);
}

/** The named experts of each layer; entries without a layer count for all. */
function named(
  layers: readonly ExpertLayer[],
  entries: readonly NamedExperts[],
): Map<string, number[]> {
  const groups = groupsOf(layers, entries);
  return new Map([...groups].map(([path, lists]) => [path, lists.flat()]));
}

function groupsOf(
  layers: readonly ExpertLayer[],
  entries: readonly NamedExperts[],
): Map<string, number[][]> {
  const byPath = new Map(layers.map((layer) => [layer.path, layer]));
  for (const { layer } of entries) if (layer !== undefined) requireLayer(byPath, layer);
  return new Map(
    layers.map(({ path }) => [
      path,
      entries.flatMap(({ layer, experts }) =>
        layer === undefined || layer === path ? [[...experts]] : [],
      ),
    ]),
  );
}

function mergeWeights(
  weights: MergeEdit["weights"],
  layers: readonly ExpertLayer[],
  loads: ExpertLoads,
): Map<string, readonly number[]> {
  return new Map(
    layers.map(({ path, numExperts }) => {
      if (weights === "equal") return [path, Array<number>(numExperts).fill(1)];
      if (weights === "load") return [path, requireLoads(loads, path)];
      if (weights.length === numExperts) return [path, weights];
      throw usageError(
        `${weights.length} weights are given for the ${numExperts} experts of ${path}; give one for each expert`,
      );
    }),
  );
}
