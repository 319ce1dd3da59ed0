import type { NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import {
  type ExpertSource,
  type ExpertStart,
  expertSources,
  startOfExpert,
} from "./expert-start.ts";
import { below, expertLayers, type Tensors } from "./layout.ts";

/** Without noise and dropped units, as in the paper, only the router distinguishes the experts. */
export interface UpcycleExpertsOptions extends ExpertStart {
  /**
   * Initial values of the mixture model, by name: its routers start from these. For optimizer
   * moments, zeros of the same names and shapes.
   */
  readonly fresh: Tensors;
  /** Path of the dense layer that is replaced by the layer with experts at `path`. */
  readonly denseLayer: (path: string) => string;
  /** What dropped units become; `zeros` for optimizer moments. Default `normal` numbers. */
  readonly redraw?: "normal" | "zeros";
}

/**
 * Converts a dense model to a mixture of experts: every expert is a copy of the feed-forward layer
 * that it replaces, the routers are fresh, and all other tensors are kept (sparse upcycling, Komatsuzaki
 * et al., arXiv:2212.05055, section 2.1).
 *
 * With weights that sum to 1 (normalised top-k), without noise and dropped units, the result computes the same
 * function as the dense model. With `normalization: "none"` the layer's output is scaled by the chosen
 * probabilities.
 *
 * Optimizer moments are treated in the same way: every expert starts with the moments of the dense layer,
 * routers and dropped units start with zeros.
 *
 * @param tensors of the dense model
 * @returns the tensors of the mixture model
 * @throws UserError (exit code 2) if the models do not match
 */
export function upcycleExperts(
  tensors: Tensors,
  { fresh, denseLayer, redraw, ...start }: UpcycleExpertsOptions,
): Map<string, NdArray> {
  const before = new Set(expertLayers(tensors).map(({ path }) => path));
  const layers = expertLayers(fresh).filter(({ path }) => !before.has(path));
  if (before.size > 0 || layers.length === 0) {
    throw usageError(
      before.size > 0
        ? `this model has experts already, in ${[...before].join(", ")}; use add to give it more`
        : "the configuration of the new model has no layer with experts; set model.moe_layers",
    );
  }
  const sources = new Map<string, ExpertSource>();
  const routed = new Set<string>();
  for (const layer of layers) {
    const { path } = layer;
    for (const [name, source] of expertSources(layer, denseLayer(path))) sources.set(name, source);
    for (const name of fresh.keys()) if (name.startsWith(below(path, "router."))) routed.add(name);
  }
  const result = new Map<string, NdArray>();
  for (const [name, initial] of fresh) {
    if (routed.has(name)) result.set(name, initial);
    else {
      const source = sources.get(name);
      const tensor = requireTensor(tensors, source?.dense ?? name, name, initial.shape);
      const own = source && startOfExpert(tensor, source, start, redraw);
      result.set(name, own ?? tensor);
    }
  }
  return result;
}

function requireTensor(
  tensors: Tensors,
  name: string,
  target: string,
  shape: readonly number[],
): NdArray {
  const tensor = tensors.get(name);
  if (tensor !== undefined && String(tensor.shape) === String(shape)) return tensor;
  const found = tensor === undefined ? "nothing" : `[${tensor.shape.join(", ")}]`;
  throw usageError(
    `${target} of the new model is [${shape.join(", ")}], but the dense model has ${found} at ${name}; experts must have the dense layer's form (activation, hidden width), and all other tensors must match`,
  );
}
