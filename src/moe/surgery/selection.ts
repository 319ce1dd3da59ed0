/** The experts selected for a change, by layer. */
import { UserError, usageError } from "../../graph/errors.ts";
import type { ExpertChange, ExpertKinds, NewExpert } from "./change.ts";
import type { ExpertLayer } from "./layout.ts";

/** One selection for every layer, or selections by the layer's path. */
export type PerLayer<T> = T | ReadonlyMap<string, T>;

/** The selection for a layer. @throws UserError if it is missing */
export function chosenFor<T>(layer: ExpertLayer, choice: PerLayer<T>): T {
  if (!(choice instanceof Map)) return choice as T;
  const chosen = (choice as ReadonlyMap<string, T>).get(layer.path);
  if (chosen !== undefined) return chosen;
  throw usageError(
    `no experts are selected for layer ${layer.path}; all layers of a model have the same number of experts, so name experts for each`,
  );
}

/**
 * Kind of each expert, by its index.
 *
 * @throws UserError if the configuration has another number of experts
 */
export function kindsOf(layer: ExpertLayer, kinds: ExpertKinds = [layer.numExperts]): number[] {
  const all = kinds.flatMap((count, kind) => Array<number>(count).fill(kind));
  if (all.length === layer.numExperts) return all;
  throw new UserError(
    `${layer.path} has ${layer.numExperts} experts, but its configuration has ${all.length}; use the configuration that the weights were trained with`,
  );
}

/** Checks the indices of experts. @throws UserError for unknown or repeated ones */
export function requireExperts(layer: ExpertLayer, experts: readonly number[]): void {
  const wrong = experts.find((e) => !(Number.isInteger(e) && e >= 0 && e < layer.numExperts));
  if (wrong !== undefined) {
    throw usageError(
      `${layer.path} has no expert ${wrong}; its experts are 0 to ${layer.numExperts - 1}`,
    );
  }
  const twice = experts.find((e, i) => experts.indexOf(e) !== i);
  if (twice !== undefined) {
    throw usageError(`expert ${twice} of ${layer.path} is named twice`);
  }
}

/** The unchanged expert `e`. */
export function kept(e: number, kind: number): NewExpert {
  return { parts: [{ expert: e, weight: 1 }], kind };
}

/**
 * Plans the experts of every layer; refuses layers with a fixed routing map.
 *
 * @throws UserError (exit code 2) for a model without experts or with hash routing
 */
export function planLayers(
  layers: readonly ExpertLayer[],
  plan: (layer: ExpertLayer) => readonly NewExpert[],
): ExpertChange {
  if (layers.length === 0) {
    throw usageError(
      "this model has no experts; moesaic experts upcycle converts dense layers to experts",
    );
  }
  for (const { path, routerTensors } of layers) {
    if (routerTensors.length === 0) {
      throw usageError(
        `${path} routes by a fixed map without weights (hash routing); another number of experts would change the routing of every token, so its experts cannot be changed`,
      );
    }
  }
  return new Map(layers.map((layer) => [layer.path, plan(layer)]));
}

/** Number of experts of each kind after a change of one layer. */
export function countKinds(experts: readonly NewExpert[], numKinds: number): number[] {
  return Array.from(
    { length: numKinds },
    (_, kind) => experts.filter((expert) => expert.kind === kind).length,
  );
}
