/** How an expert differs at the start from the dense layer that it is made of. */
import { allocate, type NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { foldIn, type Key, key, normal, permutation } from "../../random/index.ts";
import { floats, perturb, unitAxis } from "./change.ts";
import { below, type ExpertLayer } from "./layout.ts";

export interface ExpertStart {
  /**
   * Share of the hidden units of each expert that are drawn anew, 0 to 1, rounded down to whole units
   * (drop-upcycling). Default 0.
   */
  readonly drop?: number;
  /**
   * Standard deviation of the noise on the experts, relative to the root mean square of each tensor.
   * Default 0.
   */
  readonly noise?: number;
  /** Required with `drop` and `noise`. */
  readonly key?: Key;
}

/** Where a tensor of an expert comes from. */
export interface ExpertSource {
  /** Path of the expert, such as `blocks.0.moe.experts.1`. */
  readonly expert: string;
  /** Number of the expert in its layer. */
  readonly index: number;
  /** Name of the tensor below the expert, such as `fc1.weight`. */
  readonly tensor: string;
  /** Name of the tensor of the dense layer. */
  readonly dense: string;
}

/** The sources of all experts of a layer that are made of the dense layer at a path, by tensor name. */
export function expertSources(
  { path, numExperts, expertTensors }: ExpertLayer,
  densePath: string,
): [name: string, ExpertSource][] {
  return Array.from({ length: numExperts }, (_, index) => below(path, `experts.${index}`)).flatMap(
    (expert, index) =>
      expertTensors.map((tensor): [string, ExpertSource] => [
        below(expert, tensor),
        { expert, index, tensor, dense: below(densePath, tensor) },
      ]),
  );
}

/** The key of all draws for new experts of a run. */
export function expertsKey(seed: number): Key {
  return foldIn(key(seed), "experts");
}

/**
 * The tensor of an expert that is made of a dense layer.
 *
 * With `drop`, each expert draws its own units. Their rows of `fc1` (or `gate` and `up`) and columns of
 * `fc2` are replaced by normal numbers with the mean and standard deviation of the replaced entries of
 * that tensor (drop-upcycling, Nakamura et al., arXiv:2502.19261). The layers of the paper have no biases;
 * here those of the drawn units are replaced in the same way, and the bias of `fc2` is kept. `noise` is added
 * to the result.
 *
 * @param source the expert and the tensor, whose names address the draws
 * @param redraw `zeros` instead of normal numbers for the moments of an optimizer
 * @returns the dense tensor itself if nothing differs
 * @throws UserError (exit code 2) if the share is above 1 or less than one unit; RangeError without a key
 */
export function startOfExpert(
  dense: NdArray,
  source: Pick<ExpertSource, "expert" | "tensor">,
  { drop = 0, noise = 0, key }: ExpertStart,
  redraw: "normal" | "zeros" = "normal",
): NdArray {
  if (drop === 0 && noise === 0) return dense;
  if (key === undefined) throw new RangeError("noise and dropped units of experts need a key");
  const { expert, tensor } = source;
  const name = below(expert, tensor);
  const values = Float64Array.from(floats(dense, name));
  const axis = unitAxis(tensor);
  if (drop > 0 && axis !== undefined) {
    const units = droppedUnits(foldIn(key, expert), dense.shape[axis]!, drop, expert);
    const draws = redraw === "zeros" ? undefined : foldIn(foldIn(key, name), "drop");
    redrawUnits(values, dense.shape, axis, units, draws);
  }
  perturb(values, name, { noise, key });
  const result = allocate("float32", dense.shape);
  result.data.set(values);
  return result;
}

/** The units that an expert draws anew. */
function droppedUnits(key: Key, numUnits: number, drop: number, expert: string): Uint32Array {
  if (!(drop <= 1)) throw usageError(`drop is a share of the hidden units, 0 to 1, got ${drop}`);
  const count = Math.floor(drop * numUnits);
  if (count > 0) return permutation(key, numUnits).subarray(0, count).sort();
  throw usageError(
    `drop ${drop} is less than one of the ${numUnits} hidden units of ${expert}; raise it`,
  );
}

/**
 * Replaces the entries of some units in a tensor `[F]`, `[F, D]` or, with axis 1, `[D, F]`, by normal numbers with
 * their mean and standard deviation, or by zeros without a key.
 */
function redrawUnits(
  values: Float64Array,
  shape: readonly number[],
  axis: 0 | 1,
  units: Uint32Array,
  key: Key | undefined,
): void {
  const columns = shape[1] ?? 1;
  const perUnit = axis === 0 ? columns : shape[0]!;
  const count = units.length * perUnit;
  const place = (n: number): number => {
    const [unit, i] = [units[Math.floor(n / perUnit)]!, n % perUnit];
    return axis === 0 ? unit * columns + i : i * columns + unit;
  };
  let [sum, squares] = [0, 0];
  for (let n = 0; n < count; n++) sum += values[place(n)]!;
  const mean = sum / count;
  for (let n = 0; n < count; n++) squares += (values[place(n)]! - mean) ** 2;
  const deviation = Math.sqrt(squares / count);
  const draws = key && normal(key, count);
  for (let n = 0; n < count; n++) values[place(n)] = draws ? mean + deviation * draws[n]! : 0;
}
