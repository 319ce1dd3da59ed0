/** Merges adapters into the weights of their layers. */

import type { SafetensorsContent } from "../../formats/safetensors.ts";
import { allocate, type NdArray } from "../../graph/array.ts";
import { UserError } from "../../graph/errors.ts";
import { type AdapterNames, adaptedLayer } from "../../nn/adapter.ts";

/** Key of `alpha` in the metadata of safetensors files with adapters, as PEFT calls it. */
const ALPHA = "lora_alpha";

/** The metadata of a file that holds adapters with this `alpha`. */
export function adapterMetadata(alpha: number): Readonly<Record<string, string>> {
  return { [ALPHA]: String(alpha) };
}

/**
 * Checks that the adapters of a file have this `alpha`.
 *
 * @throws UserError if they have another one
 */
export function requireAlpha(
  metadata: Readonly<Record<string, string>>,
  alpha: number,
  source: string,
): void {
  if (Number(metadata[ALPHA]) === alpha) return;
  throw new UserError(
    `${source} belongs to another model: its adapters have ${ALPHA} ${metadata[ALPHA]}, and this model's ${alpha}; use the configuration that the run was trained with`,
  );
}

/**
 * Weights without adapters: `W + (alpha / r) B A` for each layer that has one.
 *
 * @param memory where merged weights are written, by name; it may hold the weights themselves. Default: new
 *   memory
 * @throws UserError if the matrices of an adapter do not fit its layer
 *
 * @example
 * const [a, b] = [array([[1, 2]]), array([[10]])];
 * const tensors = new Map([["weight", array([[1, 1]])], ["lora_A.weight", a], ["lora_B.weight", b]]);
 * mergeAdapters(tensors, 1).get("weight"); // [[11, 21]]
 */
export function mergeAdapters(
  tensors: ReadonlyMap<string, NdArray>,
  alpha: number,
  memory: ReadonlyMap<string, NdArray> = new Map(),
): Map<string, NdArray> {
  const merged = new Map<string, NdArray>();
  for (const [name, tensor] of tensors) {
    const adapter = adaptedLayer(name);
    if (adapter === undefined) {
      if (!merged.has(name)) merged.set(name, tensor);
    } else if (name === adapter.a) {
      merged.set(adapter.weight, mergeAdapter(tensors, adapter, alpha, memory));
    } else {
      requireMatrix(tensors, adapter.a, name);
    }
  }
  return merged;
}

/**
 * The tensors of a file without its adapters, which are merged in place.
 *
 * @param source name of the file in errors
 * @param base weights that the file lacks, which are not changed
 * @throws UserError if the file has adapters without their `alpha`, or they do not fit
 */
export function mergeStoredAdapters(
  { tensors, metadata }: Pick<SafetensorsContent, "tensors" | "metadata">,
  source: string,
  base: ReadonlyMap<string, NdArray> = new Map(),
): ReadonlyMap<string, NdArray> {
  const adapters = [...tensors.keys()].flatMap((name) => adaptedLayer(name) ?? []);
  const [first] = adapters;
  if (first === undefined) return tensors;
  const alpha = Number(metadata[ALPHA]);
  if (!(Number.isFinite(alpha) && alpha > 0)) {
    throw new UserError(
      `${source} has the adapter ${first.a}, but its metadata have no ${ALPHA} above 0 (${metadata[ALPHA]}); merge the adapters where they were trained`,
    );
  }
  const needed = adapters.flatMap(({ weight }) => {
    const value = base.get(weight);
    return value === undefined ? [] : [[weight, value] as const];
  });
  try {
    return mergeAdapters(new Map([...needed, ...tensors]), alpha, tensors);
  } catch (cause) {
    throw new UserError(`${source}: ${(cause as Error).message}`, { cause });
  }
}

function mergeAdapter(
  tensors: ReadonlyMap<string, NdArray>,
  names: AdapterNames,
  alpha: number,
  memory: ReadonlyMap<string, NdArray>,
): NdArray {
  const weight = requireMatrix(tensors, names.weight, names.a);
  const a = requireMatrix(tensors, names.a, names.a);
  const b = requireMatrix(tensors, names.b, names.a);
  const [outFeatures, inFeatures] = weight.shape as [number, number];
  const [rank] = a.shape as [number, number];
  if (a.shape[1] !== inFeatures || b.shape[0] !== outFeatures || b.shape[1] !== rank) {
    throw new UserError(
      `the adapter ${names.a} [${a.shape}], ${names.b} [${b.shape}] does not fit the weight ${names.weight} [${weight.shape}]; weight and adapter belong to different models`,
    );
  }
  const target = memory.get(names.weight) ?? allocate("float32", weight.shape);
  const scale = alpha / rank;
  const row = new Float64Array(inFeatures); // Rounded to float32 once.
  for (let o = 0; o < outFeatures; o++) {
    const start = o * inFeatures;
    for (let i = 0; i < inFeatures; i++) row[i] = weight.data[start + i] as number;
    for (let r = 0; r < rank; r++) {
      const factor = scale * (b.data[o * rank + r] as number);
      const from = r * inFeatures;
      for (let i = 0; i < inFeatures; i++) row[i]! += factor * (a.data[from + i] as number);
    }
    (target.data as Float32Array).set(row, start);
  }
  return target;
}

function requireMatrix(
  tensors: ReadonlyMap<string, NdArray>,
  name: string,
  neededBy: string,
): NdArray<"float32"> {
  const tensor = tensors.get(name);
  if (tensor?.dtype === "float32" && tensor.shape.length === 2) return tensor as NdArray<"float32">;
  const found = tensor === undefined ? "missing" : `${tensor.dtype} [${tensor.shape}]`;
  throw new UserError(
    `the adapter ${neededBy} needs the float32 matrix ${name}, which is ${found}; keep weights and adapters together`,
  );
}
