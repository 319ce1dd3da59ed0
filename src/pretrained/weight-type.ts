/** The element type in which the weights of an opened checkpoint are held. */
import { totalmem } from "node:os";
import { elementCount } from "../graph/array.ts";
import { usageError } from "../graph/errors.ts";
import { formatBytes } from "../graph/format-bytes.ts";
import type { Wanted, WeightType } from "./convert.ts";

/** `auto` chooses bfloat16 if float32 does not fit into the available memory. */
export type WeightChoice = WeightType | "auto";

/**
 * Bytes that weights take: matrices in the type, vectors as float32. With bfloat16, the largest matrix is also
 * held as float32 while a layer uses it.
 *
 * @example
 * const parameters = [{ name: "weight", shape: [10, 100] }, { name: "bias", shape: [10] }];
 * weightBytes(parameters, "float32"); // 4040
 * weightBytes(parameters, "bfloat16"); // 6040
 */
export function weightBytes(parameters: readonly Wanted[], type: WeightType): number {
  let [bytes, largest] = [0, 0];
  for (const { shape } of parameters) {
    const narrows = type === "bfloat16" && shape.length > 1;
    const count = elementCount(shape);
    bytes += count * (narrows ? 2 : 4);
    if (narrows) largest = Math.max(largest, 4 * count);
  }
  return bytes + largest;
}

/**
 * The type in which weights are held.
 *
 * @param available bytes of memory. Default: those available to this process
 * @param note receives a sentence if bfloat16 is chosen
 * @throws UserError (exit code 2) if `auto` finds no type that fits
 */
export function chooseWeightType(
  choice: WeightChoice,
  {
    folder,
    parameters,
    available = availableMemory(),
    note = () => {},
  }: {
    readonly folder: string;
    readonly parameters: readonly Wanted[];
    readonly available?: number;
    readonly note?: ((line: string) => void) | undefined;
  },
): WeightType {
  if (choice !== "auto") return choice;
  const [wide, narrow] = (["float32", "bfloat16"] as const).map((type) =>
    weightBytes(parameters, type),
  );
  if (wide! <= available) return "float32";
  const needs = `the weights of ${folder} need ${formatBytes(wide!)} as float32, and ${formatBytes(available)} of memory are available`;
  if (narrow! > available) {
    throw usageError(
      `${needs}; as bfloat16 they need ${formatBytes(narrow!)}, so close other programs or use a larger machine; --weights bfloat16 tries it all the same`,
    );
  }
  note(
    `${needs}: matrices are held as bfloat16 (${formatBytes(narrow!)}) and cast where they are used`,
  );
  return "bfloat16";
}

/** Other systems than Linux count memory that they would free as used. */
function availableMemory(): number {
  return process.platform === "linux" ? process.availableMemory() : totalmem();
}
