/** Finds the parameters of a model in a checkpoint, and reads them. */
import { notFinite } from "../formats/finite.ts";
import { elementCount, type NdArray } from "../graph/array.ts";
import { toBfloat16 } from "../graph/bfloat16.ts";
import { usageError } from "../graph/errors.ts";
import { formatShape } from "../graph/shape.ts";
import type { CheckpointFiles } from "./checkpoint-files.ts";
import { type NameRule, type Place, ruleOf, type Source, stored } from "./names.ts";
import { joinedArray, joinedShape } from "./steps/joins.ts";
import { arrayAfter, shapeAfter } from "./steps/parts.ts";

/** A parameter of the model. */
export interface Wanted {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A parameter and the part of the checkpoint that it comes from. */
interface Found extends Wanted {
  readonly source: Source;
  readonly place: Place;
}

/** The places of all parameters. */
export type Plan = readonly Found[];

/** Receives how many numbers are done, of how many. */
export type OnProgress = (done: number, total: number) => void;

/** Most names that a message lists. */
const LISTED = 3;

/**
 * Finds every parameter of a model in a checkpoint by its names and shapes, without reading it.
 *
 * @param isIgnored stored tensors that carry nothing to compute, such as tables of angles
 * @throws UserError (exit code 2) if a parameter is missing or of another shape, or a tensor would be
 *   left out
 */
export function planConversion(
  wanted: readonly Wanted[],
  { tensors, unreadable }: Pick<CheckpointFiles, "tensors" | "unreadable">,
  rules: readonly NameRule[],
  isIgnored: (name: string) => boolean = () => false,
): Plan {
  const used = new Set<string>();
  const missing: string[] = [];
  const found: Found[] = [];
  for (const parameter of wanted) {
    const match = ruleOf(parameter.name, rules);
    const source = match?.rule.from.find((each) =>
      namesOf(each, match.place).every((name) => tensors.has(name)),
    );
    if (match === undefined || source === undefined) {
      const names = match === undefined ? [parameter.name] : namesOf(match.rule.from[0]!, match.place); // biome-ignore format: short
      missing.push(...names.filter((name) => !tensors.has(name)));
      continue;
    }
    for (const name of namesOf(source, match.place)) used.add(name);
    requireShape(parameter, source, match.place, tensors);
    found.push({ ...parameter, source, place: match.place });
  }
  if (missing.length > 0) {
    const dtype = missing.map((name) => unreadable.get(name)).find((code) => code !== undefined);
    const reason = dtype === undefined ? "" : `; tensors of type ${dtype} are not read`;
    throw usageError(`the checkpoint lacks ${listed(missing)}${reason}; download it again`);
  }
  const unused = [...tensors.keys(), ...unreadable.keys()].filter(
    (name) => !used.has(name) && !isIgnored(name),
  );
  if (unused.length > 0) {
    throw usageError(
      `the checkpoint has ${listed(unused)}, which the model of its config.json does not have, so its results would differ`,
    );
  }
  return found;
}

/** The element type in which matrices are held; vectors are float32. */
export type WeightType = "float32" | "bfloat16";

export interface ReadOptions {
  /** Default float32. */
  readonly type?: WeightType;
  /** Called after each tensor with the number of parameters so far and of all. */
  readonly onProgress?: OnProgress;
}

/**
 * Reads the parameters of a plan, each stored tensor once.
 *
 * @throws UserError (exit code 2) if a value is not finite
 */
export async function readPlan(
  plan: Plan,
  files: Pick<CheckpointFiles, "read">,
  { type = "float32", onProgress = () => {} }: ReadOptions = {},
): Promise<Map<string, NdArray>> {
  const total = plan.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  let done = 0;
  const byTensor = new Map<string, Found[]>();
  for (const parameter of plan) {
    const { source, place } = parameter;
    const names = [source.join, ...namesOf(source, place)].join("\n");
    byTensor.set(names, [...(byTensor.get(names) ?? []), parameter]);
  }
  const weights = new Map<string, NdArray>();
  for (const [names, parameters] of byTensor) {
    const [, ...stored] = names.split("\n");
    const { join } = parameters[0]!.source;
    // Joins compute in float32.
    const read = join === "one" && parameters.every(isMatrix) ? type : "float32";
    const arrays = await Promise.all(stored.map((name) => files.read(name, read)));
    const whole = arrays[0]!.dtype === "bfloat16" ? arrays[0]! : joinedArray(join, arrays);
    for (const { name, source, place } of parameters) {
      const taken = source.steps.reduce<NdArray>(
        (array, step) => arrayAfter(array, step, place.expert),
        whole,
      );
      if (notFinite(taken) !== undefined) {
        throw usageError(`tensor "${stored[0]}" has values that are not finite`);
      }
      const narrows = type === "bfloat16" && taken.dtype === "float32" && isMatrix(taken);
      weights.set(name, narrows ? narrowed(taken as NdArray<"float32">) : own(taken, whole));
      done += taken.data.length;
    }
    onProgress(done, total);
  }
  return weights;
}

function isMatrix({ shape }: Pick<Wanted, "shape">): boolean {
  return shape.length > 1;
}

function namesOf({ names }: Source, place: Place): string[] {
  return names.map((name) => stored(name, place));
}

function requireShape(
  { name, shape }: Wanted,
  source: Source,
  place: Place,
  tensors: CheckpointFiles["tensors"],
): void {
  const shapes = namesOf(source, place).map((each) => tensors.get(each)!.shape);
  let found: number[] | undefined;
  try {
    found = source.steps.reduce(shapeAfter, joinedShape(source.join, shapes));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
  }
  if (found?.join() === shape.join()) return;
  const tensor = stored(source.names[0]!, place);
  throw usageError(
    `tensor "${tensor}" has shape ${formatShape(shapes[0]!)}, which does not give ${name} of shape ${formatShape(shape)}; config.json and weights do not belong together`,
  );
}

function narrowed({ shape, data }: NdArray<"float32">): NdArray<"bfloat16"> {
  return { dtype: "bfloat16", shape, data: toBfloat16(data) };
}

/** Copies a part of a larger tensor, so that the memory of the whole can be freed. */
function own(taken: NdArray, whole: NdArray): NdArray {
  if (taken.data.length === whole.data.length || taken.data.buffer !== whole.data.buffer)
    return taken;
  return { ...taken, data: taken.data.slice() } as NdArray;
}

function listed(names: readonly string[]): string {
  const rest = names.length - LISTED;
  const shown = names
    .slice(0, LISTED)
    .map((name) => `"${name}"`)
    .join(", ");
  return rest > 0 ? `${shown} and ${rest} more tensors` : shown;
}
