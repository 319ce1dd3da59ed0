/**
 * Finds a layer's experts among named weights.
 *
 * Axes of this folder: `D` width, `F` hidden units, `E` experts, `P` slots per expert.
 */
import { elementCount, type NdArray } from "../../graph/array.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import type { ExpertAxis, TensorLayout } from "../routers/define.ts";
import { routers } from "../routers/index.ts";

/** Weights, moments or averages of a model, by parameter name. */
export type Tensors = ReadonlyMap<string, NdArray>;

/** A layer with experts, as found in the tensors. */
export interface ExpertLayer {
  /** Path of the layer, for example `blocks.0.moe`. */
  readonly path: string;
  readonly numExperts: number;
  /** Names of an expert's tensors below `<path>.experts.<e>.`, equal for all experts. */
  readonly expertTensors: readonly string[];
  /** The router's tensors with an entry for each expert; none for hash routing. */
  readonly routerTensors: readonly RouterTensor[];
}

/** A router's tensor seen as `[outer, E, inner]`. */
export interface RouterTensor {
  readonly name: string;
  /** The axis of the tensor that is indexed by experts. */
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

const EXPERT = /^(?:(.+)\.)?experts\.(\d+)\.(.+)$/;

/**
 * The layers with experts, in the order of their tensors.
 *
 * @throws UserError for a router with unknown tensors, or experts that differ in shape
 */
export function expertLayers(tensors: Tensors): ExpertLayer[] {
  const found = new Map<string, Map<number, Map<string, NdArray>>>();
  for (const [name, tensor] of tensors) {
    const match = EXPERT.exec(name);
    if (match === null) continue;
    const layer = entry(found, match[1] ?? "");
    entry(layer, Number(match[2])).set(match[3]!, tensor);
  }
  return [...found].map(([path, experts]) => {
    const expertTensors = commonTensors(path, experts);
    return {
      path,
      numExperts: experts.size,
      expertTensors,
      routerTensors: routerTensors(tensors, path, experts.size),
    };
  });
}

/** The layer with a path. @throws UserError if there is none */
export function requireLayer(layers: ReadonlyMap<string, ExpertLayer>, path: string): ExpertLayer {
  const layer = layers.get(path);
  if (layer === undefined) {
    throw usageError(
      `there is no layer with experts at ${path}; there are ${[...layers.keys()].join(", ") || "none"}`,
    );
  }
  return layer;
}

/** Name of a tensor of an expert. */
export function expertTensor(path: string, expert: number, tensor: string): string {
  return below(path, `experts.${expert}.${tensor}`);
}

/** Dotted path below a layer; the root has the empty path. */
export function below(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** The tensors of every expert; experts are numbered from 0 and have equal shapes. */
function commonTensors(path: string, experts: ReadonlyMap<number, Tensors>): string[] {
  const first = experts.get(0);
  for (let e = 0; e < experts.size; e++) {
    const tensors = experts.get(e);
    const differs = [...(first ?? [])].find(
      ([name, { shape }]) => String(tensors?.get(name)?.shape) !== String(shape),
    );
    if (first === undefined || differs !== undefined || tensors?.size !== first.size) {
      throw new UserError(
        `the experts of ${path || "the model"} differ: expert ${e} has other tensors than expert 0; only experts of one shape can be changed`,
      );
    }
  }
  return [...first!.keys()];
}

function routerTensors(tensors: Tensors, path: string, numExperts: number): RouterTensor[] {
  const prefix = below(path, "router.");
  const names = [...tensors.keys()].filter((name) => name.startsWith(prefix));
  const own = new Map(names.map((name) => [name.slice(prefix.length), tensors.get(name)!]));
  const layout = layoutOf(own, numExperts);
  return names.flatMap((name) => {
    const axis = layout[name.slice(prefix.length)];
    if (axis === undefined) {
      throw new UserError(
        `${name} belongs to a router with unknown weights per expert; list it under tensors in the definition of the router`,
      );
    }
    return axis === null ? [] : [splitAxis(name, tensors.get(name)!, axis, numExperts)];
  });
}

/**
 * The layout of the router that matches most of these tensors, preferably with matching shapes.
 */
function layoutOf(tensors: Tensors, numExperts: number): TensorLayout {
  const names = [...tensors.keys()];
  const score = (layout: TensorLayout): number => {
    const known = names.filter((name) => Object.hasOwn(layout, name));
    const fits = known.every((name) => {
      const axis = layout[name];
      return axis === null || entriesPerExpert(tensors.get(name)!, axis!, numExperts) !== undefined;
    });
    return known.length + (fits ? 0.5 : 0);
  };
  const layouts = routers.list().map(({ tensors: own }) => {
    return typeof own === "function" ? own(names) : own;
  });
  return layouts.reduce((best, layout) => (score(layout) > score(best) ? layout : best), {});
}

/** Entries of an expert in one row of its axis, or undefined if the shape does not fit. */
function entriesPerExpert(
  { shape }: NdArray,
  { axis, blocks = 1, slots = false }: ExpertAxis,
  numExperts: number,
): number | undefined {
  const count = (shape[axis] ?? 0) / (blocks * numExperts);
  const fits = slots ? Number.isInteger(count) && count > 0 : count === 1;
  return fits ? count : undefined;
}

function splitAxis(
  name: string,
  tensor: NdArray,
  along: ExpertAxis,
  numExperts: number,
): RouterTensor {
  const { shape } = tensor;
  const { axis, blocks = 1 } = along;
  const perExpert = entriesPerExpert(tensor, along, numExperts);
  if (perExpert === undefined) {
    throw new UserError(
      `${name} has shape [${shape.join(", ")}], which does not fit the layer's ${numExperts} experts on axis ${axis}; the weights and their experts belong to different models`,
    );
  }
  const outer = elementCount(shape.slice(0, axis)) * blocks;
  return { name, axis, outer, inner: elementCount(shape.slice(axis + 1)) * perExpert };
}

function entry<Outer, K, V>(map: Map<Outer, Map<K, V>>, key: Outer): Map<K, V> {
  const known = map.get(key) ?? new Map<K, V>();
  map.set(key, known);
  return known;
}
