/** Refuses a training that needs more memory than the machine has, while its model is traced. */
import { totalmem } from "node:os";
import { toSnakeCase } from "../config/case.ts";
import { isMapping } from "../config/is-mapping.ts";
import { bytesPerElement } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { formatBytes } from "../graph/format-bytes.ts";
import type { Tensor } from "../graph/graph.ts";
import { inputAttributes, isInput } from "../graph/inputs.ts";
import { adaptedLayer } from "../nn/adapter.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { type TraceModelOptions, traceModel } from "../recipe/count-parameters.ts";
import { recipeGroups } from "../recipe/optimizer-config.ts";

/** An error of {@link createMemoryLimit}: exit code 2. */
export class MemoryLimitError extends UserError {
  constructor(message: string) {
    super(message, { exitCode: 2 });
  }
}

export interface MemoryLimitOptions {
  /** Values that the optimizer keeps for each parameter. */
  readonly moments: number;
  /** Bytes that the training may use. Default: the memory of the machine. */
  readonly machine?: number;
}

/** Elements that a tensor may have, so that 32-bit indices of native code cannot overflow. */
const MAX_ELEMENTS = 2 ** 31 - 1;

/** Bytes that this process may use: the memory of the machine, or the limit of its control group. */
export function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem(); // 0 or enormous without a limit
}

/**
 * Adds up what a training needs at least: parameters, gradients and moments of those that train, averages,
 * adapted weights as evaluation reads them, one batch, and the largest other tensor.
 *
 * @returns a function that takes each tensor of the graph
 * @throws MemoryLimitError, from the returned function, as soon as it is more than the machine has, or a
 *   tensor has 2^31 elements or more
 * @example
 * const admit = createMemoryLimit(config, { moments: 2, machine: 1e6 });
 * const { scope } = createScope({ training: true, admit });
 * linear(scope, x, 100_000); // throws
 */
export function createMemoryLimit(
  config: Pick<TrainConfig, "model" | "data" | "train" | "optimizer">,
  { moments, machine = machineMemory() }: MemoryLimitOptions,
): (tensor: Tensor) => void {
  const averages = config.train.emaDecay === undefined ? 0 : 1;
  const { trains } = recipeGroups(config);
  const seen = new Map<string, number>();
  let parameters = 0;
  let trained = 0;
  let merged = 0;
  let batch = 0;
  let largest = 0;

  const refuse = (reason: string): never => {
    const keys = parameters + trained * (1 + moments) > batch + largest ? MODEL_KEYS : BATCH_KEYS;
    throw new MemoryLimitError(`${reason}; lower ${sizesOf(config, keys)}`);
  };
  const check = (): void => {
    const parts = {
      parameters,
      gradients: trained,
      "the optimizer's moments": moments * trained,
      "averaged weights": averages * trained,
      "merged weights": merged,
      "a batch": batch,
      "the largest activation": largest,
    };
    const total = Object.values(parts).reduce((sum, bytes) => sum + bytes);
    if (total <= machine) return;
    const shown = Object.entries(parts).filter(([, bytes]) => bytes > 0.001 * total);
    const listed = shown.map(([name, bytes]) => `${name} ${formatBytes(bytes)}`).join(", ");
    refuse(
      `the training needs ${formatBytes(total)} of memory or more (${listed}), and this machine has ${formatBytes(machine)}`,
    );
  };
  return (tensor) => {
    const elements = countElements(tensor);
    if (elements === undefined) return;
    const bytes = elements * bytesPerElement(tensor.dtype);
    const { name, role } = isInput(tensor)
      ? inputAttributes(tensor)
      : { name: tensor.node.op.name, role: "activation" };
    if (role === "parameter" || role === "data") {
      if (seen.has(name)) return; // Graphs of one training share their parameters.
      seen.set(name, bytes);
      const adapter = adaptedLayer(name);
      if (role === "data") batch += bytes;
      else parameters += bytes;
      if (role === "parameter" && trains({ name })) trained += bytes;
      if (name === adapter?.a) merged += seen.get(adapter.weight)!;
    } else {
      largest = Math.max(largest, bytes);
    }
    check();
    if (elements <= MAX_ELEMENTS) return;
    const place = role === "activation" ? `${name} in ${tensor.node.place || "the model"}` : name;
    refuse(
      `the tensor ${place} [${tensor.shape.join(", ")}] has ${elements} elements, and at most ${MAX_ELEMENTS} are possible`,
    );
  };
}

/**
 * Traces the model of a configuration once, before its data are opened.
 *
 * @throws MemoryLimitError; the training reports other errors when it opens its data
 */
export async function checkMemory(
  config: TrainConfig,
  { tokenizer, ...limit }: MemoryLimitOptions & Pick<TraceModelOptions, "tokenizer">,
): Promise<void> {
  try {
    await traceModel(config, { tokenizer, admit: createMemoryLimit(config, limit) });
  } catch (error) {
    if (error instanceof MemoryLimitError) throw error;
  }
}

/** Undefined if an axis is symbolic. */
function countElements({ shape }: Tensor): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (typeof size !== "number") return undefined;
    count *= size;
  }
  return count;
}

/** Settings that decide the size of the parameters, and the ones that decide the size of a batch. */
const MODEL_KEYS = ["width", "num_layers", "num_experts", "hidden_width", "mlp_ratio"];
const BATCH_KEYS = [
  "batch_size",
  "samples_per_domain",
  "image_size",
  "size",
  "context_length",
  "width",
];

/** The settings with these keys and numbers as their values, as text. */
function sizesOf(config: object, keys: readonly string[]): string {
  const found: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (!isMapping(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const at = path === "" ? key : `${path}.${key}`;
      if (typeof inner === "number" && inner > 1 && keys.includes(key))
        found.push(`${at} (${inner})`);
      else visit(inner, at);
    }
  };
  const { model, data, train } = toSnakeCase(config) as Record<string, unknown>;
  visit({ model, data, train }, "");
  if (found.length === 0) return "the sizes of the model or train.batch_size";
  return found.length === 1 ? found[0]! : `${found.slice(0, -1).join(", ")} or ${found.at(-1)}`;
}
