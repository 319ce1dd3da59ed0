/**
 * Where a layer's experts are among named weights.
 *
 * Axes of this folder: `D` width, `F` hidden units, `E` experts, `P` slots per expert.
 */
import { elementCount, type NdArray } from "../../graph/array.ts";
import { UserError, usageError } from "../../graph/errors.ts";

/** Weights, moments or averages of a model, by parameter name. */
export type Tensors = ReadonlyMap<string, NdArray>;

/** A layer with experts, as its tensors describe it. */
export interface ExpertLayer {
  /** Path of the layer, for example `blocks.0.moe`. */
  readonly path: string;
  readonly numExperts: number;
  /** Names of an expert's tensors below `<path>.experts.<e>.`, the same for all. */
  readonly expertTensors: readonly string[];
  /** The router's tensors that have an entry for each expert; none for hash routing. */
  readonly routerTensors: readonly RouterTensor[];
}

/** A router's tensor seen as `[outer, E, inner]`. */
export interface RouterTensor {
  readonly name: string;
  /** The axis of the tensor's own shape that grows with the experts. */
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

/** How a tensor carries the experts: along which axis, and how many times over. */
interface ExpertAxis {
  readonly axis: 0 | 1;
  /** All experts stand there this many times, one block after the other. Default 1. */
  readonly blocks?: number;
  /** Every expert has several neighbouring entries: its slots. */
  readonly slots?: boolean;
}

const rows: ExpertAxis = { axis: 0 };

/** Tensors of the routers of `moe/routers/`, below `<path>.router.`; null has no expert axis. */
const routerLayouts: Readonly<Record<string, ExpertAxis | null>> = {
  weight: rows, // linear routers, and BASE's centroids
  bias: rows,
  "gate.weight": rows, // noisy top-k
  "gate.bias": rows,
  "noise.weight": rows,
  "noise.bias": rows,
  expert_keys: rows, // attentive, attention form
  "query.weight": null,
  "query.bias": null,
  expert_bias: rows, // loss-free balancing
  sim_matrix: { axis: 1 }, // cosine
  "cosine_projector.weight": null,
  "cosine_projector.bias": null,
  temperature: null,
  "query_key_value.weight": { axis: 0, blocks: 3 }, // Yuan
  "query_key_value.bias": { axis: 0, blocks: 3 },
  phi: { axis: 1, slots: true }, // soft
  scale: null,
};

const EXPERT = /^(?:(.+)\.)?experts\.(\d+)\.(.+)$/;

/**
 * The layers with experts, in the order in which their tensors stand.
 *
 * @throws UserError for a router whose tensors are not known, or experts that differ in shape
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

/** The layer of a path. */
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

/** The tensors that every expert has; experts are numbered from 0 and of one shape. */
function commonTensors(path: string, experts: ReadonlyMap<number, Tensors>): string[] {
  const first = experts.get(0);
  for (let e = 0; e < experts.size; e++) {
    const tensors = experts.get(e);
    const differs = [...(first ?? [])].find(
      ([name, { shape }]) => String(tensors?.get(name)?.shape) !== String(shape),
    );
    if (first === undefined || differs !== undefined || tensors?.size !== first.size) {
      throw new UserError(
        `the experts of ${path || "the model"} are not alike: expert ${e} has other tensors than expert 0; only experts of one shape can be changed`,
      );
    }
  }
  return [...first!.keys()];
}

function routerTensors(tensors: Tensors, path: string, numExperts: number): RouterTensor[] {
  const prefix = below(path, "router.");
  const names = [...tensors.keys()].filter((name) => name.startsWith(prefix));
  const depth = gateDepth(names.map((name) => name.slice(prefix.length)));
  return names.flatMap((name) => {
    const layout = layoutOf(name.slice(prefix.length), depth);
    if (layout === undefined) {
      throw new UserError(
        `${name} is of a router whose weights per expert are not known; experts can be changed under the routers of moe/routers`,
      );
    }
    return layout === null ? [] : [splitAxis(name, tensors.get(name)!, layout, numExperts)];
  });
}

/** Number of the last layer of an MLP gate, whose layers are `0.weight`, `1.weight` and so on. */
function gateDepth(names: readonly string[]): number {
  const layers = names.flatMap((name) => /^(\d+)\.(?:weight|bias)$/.exec(name)?.[1] ?? []);
  return Math.max(-1, ...layers.map(Number));
}

function layoutOf(name: string, depth: number): ExpertAxis | null | undefined {
  const layer = /^(\d+)\.(?:weight|bias)$/.exec(name)?.[1];
  if (layer !== undefined) return Number(layer) === depth ? rows : null;
  return Object.hasOwn(routerLayouts, name) ? routerLayouts[name] : undefined;
}

function splitAxis(
  name: string,
  { shape }: NdArray,
  { axis, blocks = 1, slots = false }: ExpertAxis,
  numExperts: number,
): RouterTensor {
  const size = shape[axis] ?? 0;
  const perExpert = size / (blocks * numExperts);
  if (!(slots ? Number.isInteger(perExpert) && perExpert > 0 : perExpert === 1)) {
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
