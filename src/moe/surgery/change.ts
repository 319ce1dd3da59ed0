/** A change of experts as data, and its application to weights and to optimizer moments. */
import { allocate, type NdArray } from "../../graph/array.ts";
import { UserError } from "../../graph/errors.ts";
import { foldIn, type Key, normal } from "../../random/index.ts";
import {
  type ExpertLayer,
  expertLayers,
  expertTensor,
  type RouterTensor,
  requireLayer,
  type Tensors,
} from "./layout.ts";

/** One source expert of a new expert. */
export interface ExpertPart {
  readonly expert: number;
  readonly weight: number;
  /** Hidden unit of this expert that becomes unit `u` of the new one; default `u`. */
  readonly units?: readonly number[];
}

/** An expert after the change: the weighted sum of its parts, or a fresh expert without parts. */
export interface NewExpert {
  readonly parts: readonly ExpertPart[];
  /** Index of its kind, see {@link ExpertKinds}. */
  readonly kind: number;
  /** Whether noise is added, so that a copy can diverge from its source. */
  readonly perturbed?: boolean;
}

/** The experts of every changed layer, by the layer's path. */
export type ExpertChange = ReadonlyMap<string, readonly NewExpert[]>;

/**
 * Number of experts of each kind in a layer, in the order of their indices; for Diff-MoE the shared
 * ones, then the experts of each modality. Default: all are of one kind.
 */
export type ExpertKinds = readonly number[];

export interface ChangeOptions {
  /** Initial values of the changed model, by name; use `zeros` for optimizer moments. */
  readonly fresh: Tensors | "zeros";
  /**
   * Standard deviation of the noise on perturbed experts, relative to the root mean square of the
   * original values. Default 0.
   */
  readonly noise?: number;
  /** Required with noise. */
  readonly key?: Key;
}

/**
 * Applies a change: the experts' tensors are renumbered, and the entries of every router tensor are
 * added, removed or combined in the same way as the experts.
 *
 * Kept experts keep their values bit for bit. For optimizer moments pass `fresh: "zeros"` and no
 * noise: moments then follow the weights. A kept expert keeps its moments, a copy starts with the moments of
 * its source, so that its first updates have a suitable size, a merged expert
 * has the weighted mean (which keeps second moments positive), and a fresh one has zeros, as at the
 * start of training.
 *
 * @returns all tensors of the changed model; the tensors of a layer's experts are contiguous
 */
export function changeExperts(
  tensors: Tensors,
  change: ExpertChange,
  options: ChangeOptions,
): Map<string, NdArray> {
  const layers = new Map(expertLayers(tensors).map((layer) => [layer.path, layer]));
  const replaced = new Map<string, ReadonlyMap<string, NdArray>>();
  for (const [path, experts] of change) {
    const layer = requireLayer(layers, path);
    for (const [name, added] of changeLayer(tensors, layer, experts, options)) {
      replaced.set(name, added);
    }
  }
  const result = new Map<string, NdArray>();
  for (const [name, tensor] of tensors) {
    for (const [newName, value] of replaced.get(name) ?? [[name, tensor] as const]) {
      result.set(newName, value);
    }
  }
  return result;
}

/** The replacement of each old tensor of a layer; new experts follow the last old one. */
function* changeLayer(
  tensors: Tensors,
  layer: ExpertLayer,
  experts: readonly NewExpert[],
  options: ChangeOptions,
): Generator<[string, ReadonlyMap<string, NdArray>]> {
  const { path, numExperts, expertTensors } = layer;
  const name = (expert: number, tensor: string): string => expertTensor(path, expert, tensor);
  for (let e = 0; e < numExperts; e++) {
    for (const tensor of expertTensors) yield [name(e, tensor), new Map()];
  }
  const made = experts.flatMap((expert, e) =>
    expertTensors.map((tensor) => {
      const sources = expert.parts.map((part) => tensors.get(name(part.expert, tensor))!);
      const { shape } = tensors.get(name(0, tensor))!;
      const added = name(e, tensor);
      return [added, makeTensor(added, tensor, shape, expert, sources, options)] as const;
    }),
  );
  yield [name(0, expertTensors[0]!), new Map(made)];
  for (const router of layer.routerTensors) {
    const changed = changeRouter(tensors.get(router.name)!, router, layer, experts, options);
    yield [router.name, new Map([[router.name, changed]])];
  }
}

function makeTensor(
  name: string,
  tensor: string,
  shape: readonly number[],
  expert: NewExpert,
  sources: readonly NdArray[],
  options: ChangeOptions,
): NdArray {
  if (isKept(expert)) return sources[0]!;
  if (expert.parts.length === 0) return freshTensor(name, shape, options);
  const result = allocate("float32", shape);
  const sums = new Float64Array(result.data.length);
  for (const [i, part] of expert.parts.entries()) {
    const ordered = orderUnits(sources[i]!, tensor, part.units);
    for (let at = 0; at < sums.length; at++) sums[at]! += part.weight * ordered[at]!;
  }
  if (expert.perturbed) perturb(sums, name, options);
  result.data.set(sums);
  return result;
}

function isKept({ parts, perturbed }: NewExpert): boolean {
  const [part] = parts;
  return parts.length === 1 && part!.weight === 1 && part!.units === undefined && !perturbed;
}

/** The axis of the hidden units in an expert's tensor. */
export function unitAxis(tensor: string): 0 | 1 | undefined {
  if (tensor === "fc2.weight") return 1;
  return /^(fc1|gate|up)\./.test(tensor) ? 0 : undefined;
}

/** The values of an expert's tensor with reordered hidden units. */
function orderUnits(
  source: NdArray,
  tensor: string,
  units: readonly number[] | undefined,
): Float32Array {
  const data = floats(source, tensor);
  const axis = unitAxis(tensor);
  if (units === undefined || axis === undefined) return data;
  const columns = source.shape[1] ?? 1;
  return Float32Array.from({ length: data.length }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return data[axis === 0 ? units[row]! * columns + column : row * columns + units[column]!]!;
  });
}

function changeRouter(
  source: NdArray,
  router: RouterTensor,
  layer: ExpertLayer,
  experts: readonly NewExpert[],
  options: ChangeOptions,
): NdArray {
  const { name, axis, outer, inner } = router;
  const old = floats(source, name);
  const shape = source.shape.with(axis, (source.shape[axis]! / layer.numExperts) * experts.length);
  const result = allocate("float32", shape);
  for (const [e, expert] of experts.entries()) {
    const values = new Float64Array(outer * inner);
    const start = (o: number, of: number, count: number): number => (o * count + of) * inner;
    const add = (from: ArrayLike<number>, of: number, count: number, weight: number): void => {
      for (let at = 0; at < values.length; at++) {
        values[at]! += weight * from[start(Math.floor(at / inner), of, count) + (at % inner)]!;
      }
    };
    for (const part of expert.parts) add(old, part.expert, layer.numExperts, part.weight);
    if (expert.parts.length === 0) {
      add(floats(freshTensor(name, shape, options), name), e, experts.length, 1);
    }
    if (expert.perturbed) perturb(values, `${name}.${e}`, options);
    for (let at = 0; at < values.length; at++) {
      result.data[start(Math.floor(at / inner), e, experts.length) + (at % inner)] = values[at]!;
    }
  }
  return result;
}

function freshTensor(name: string, shape: readonly number[], { fresh }: ChangeOptions): NdArray {
  if (fresh === "zeros") return allocate("float32", shape);
  const found = fresh.get(name);
  if (found === undefined || String(found.shape) !== String(shape)) {
    throw new UserError(
      `the changed model has no fresh values [${shape.join(", ")}] for ${name}; its configuration does not fit the change`,
    );
  }
  return found;
}

/**
 * Adds noise in place, in proportion to the values' root mean square.
 *
 * @throws RangeError if noise has no key
 */
export function perturb(
  values: Float64Array,
  name: string,
  { noise = 0, key }: Pick<ChangeOptions, "noise" | "key">,
): void {
  if (noise === 0) return;
  if (key === undefined) throw new RangeError("noise on new experts needs a key");
  const squares = values.reduce((sum, value) => sum + value * value, 0);
  const std = noise * Math.sqrt(squares / values.length);
  const draws = normal(foldIn(key, name), values.length);
  for (let at = 0; at < values.length; at++) values[at]! += std * draws[at]!;
}

/**
 * The entries of a float32 tensor.
 *
 * @throws UserError for another element type
 */
export function floats({ data, dtype }: NdArray, name: string): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new UserError(`${name} is ${dtype}; experts are changed in float32`);
}
