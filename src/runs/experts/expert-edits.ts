/** Edits of the experts of a run, and how they select experts in each layer. */
import { usageError } from "../../graph/errors.ts";
import type { ExpertCounts } from "../../models/experts.ts";
import { addExperts } from "../../moe/surgery/add-experts.ts";
import type { ExpertChange } from "../../moe/surgery/change.ts";
import { type ExpertLayer, requireLayer, type Tensors } from "../../moe/surgery/layout.ts";
import { mergeExperts } from "../../moe/surgery/merge-experts.ts";
import { removeExperts } from "../../moe/surgery/remove-experts.ts";
import { kindsOf } from "../../moe/surgery/selection.ts";
import { type ExpertLoads, rankByLoad, requireLoads } from "./expert-loads.ts";

/** Experts by index, in one layer or in every layer. */
export interface NamedExperts {
  readonly layer?: string;
  readonly experts: readonly number[];
}

export type ExpertEdit = AddEdit | RemoveEdit | MergeEdit | UpcycleEdit;

/** Adds experts; exactly one of the first three options is required. */
export interface AddEdit {
  readonly action: "add";
  /** Copies of these experts. */
  readonly copies?: readonly NamedExperts[];
  /** Number of experts to copy in each layer, highest load first. */
  readonly numMostUsed?: number;
  /** Number of freshly initialised experts. */
  readonly numFresh?: number;
  /** Kind of fresh or copied experts, for example `shared`. Default: the first kind. */
  readonly kind?: string;
}

/** Removes experts; exactly one of the first two options is required. */
export interface RemoveEdit {
  readonly action: "remove";
  readonly experts?: readonly NamedExperts[];
  /** Number of experts to remove in each layer, lowest load first. */
  readonly numLeastUsed?: number;
  /** Kind of the removed experts. Default: the first kind. */
  readonly kind?: string;
}

export interface MergeEdit {
  readonly action: "merge";
  /** Groups of experts; each group merges into one expert. */
  readonly groups: readonly NamedExperts[];
  /** Weights of the mean: uniform, by load, or one number per expert index. */
  readonly weights: "equal" | "load" | readonly number[];
  /** Permutes the hidden units to match before averaging. */
  readonly align: boolean;
}

export interface UpcycleEdit {
  readonly action: "upcycle";
  /** `key=value` overrides for the new model. */
  readonly overrides: readonly string[];
  /** Share of each expert's hidden units that are drawn anew (drop-upcycling). Default 0. */
  readonly drop?: number;
}

/** The state of a run that edits are planned on. */
export interface EditContext {
  readonly layers: readonly ExpertLayer[];
  readonly loads: ExpertLoads;
  readonly counts: ExpertCounts;
  readonly weights: Tensors;
}

/**
 * The experts of every layer after an edit.
 *
 * @throws UserError (exit code 2) if the edit is ambiguous or does not fit the experts
 */
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
  throw usageError(`choose the experts with one of ${options}`);
}

function kindIndex(kind: string | undefined, { kinds }: ExpertCounts): number {
  const index = kind === undefined ? 0 : kinds.indexOf(kind);
  if (index >= 0) return index;
  throw usageError(`unknown kind of experts ${kind}; known: ${kinds.join(", ")}`);
}

/** The named experts of each layer; entries without a layer apply to all layers. */
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
        `${weights.length} weights were given for the ${numExperts} experts of ${path}; give one per expert`,
      );
    }),
  );
}
