import type { NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { type EmittedModel, emitModel } from "../onnx/emit.ts";
import type { Runtime, Session, SessionOptions } from "../runtime/session.ts";

export interface WeightedOptions {
  readonly runtime: Runtime;
  /** Trained parameters and states by name. */
  readonly weights: ReadonlyMap<string, NdArray>;
  readonly session?: SessionOptions;
}

/** Above this size, weights are inputs of every run instead of constants of every session. */
const MOST_KEPT_BYTES = 256 * 2 ** 20;

/**
 * Compiles a graph together with its weights. If the runtime reads inputs in place, weights are
 * inputs, stored once for all sessions. If it copies inputs at every run, small weights are part of
 * the model. Weights of another element type than float32 are cast where they are used.
 *
 * @returns the session, and the weights to pass to every run
 * @throws UserError if a weight is missing or its shape differs from the graph's
 */
export async function createWeightedSession(
  outputs: Readonly<Record<string, Tensor>>,
  { runtime, weights, session: settings }: WeightedOptions,
): Promise<{ readonly session: Session; readonly given: Readonly<Record<string, NdArray>> }> {
  const storedAs = (name: string) => weights.get(name)?.dtype;
  const plain = emitModel(outputs, { storedAs });
  const chosen = chooseWeights(plain, weights);
  const bytes = Object.values(chosen).reduce((sum, { data }) => sum + data.byteLength, 0);
  const keeps = runtime.copiesInputs && bytes <= MOST_KEPT_BYTES;
  const initializers = new Map(Object.entries(chosen));
  const emitted = keeps ? emitModel(outputs, { initializers, storedAs }) : plain;
  const { explain } = emitted;
  const session = await runtime.createSession(emitted.bytes, { ...settings, explain });
  return { session, given: keeps ? {} : chosen };
}

/**
 * Selects the parameters and states that a graph reads from a trained model's weights.
 *
 * @throws UserError if a weight is missing or its shape differs from the graph's
 */
export function chooseWeights(
  { inputs }: EmittedModel,
  weights: ReadonlyMap<string, NdArray>,
): Record<string, NdArray> {
  const chosen: Record<string, NdArray> = {};
  for (const { name, role, shape } of inputs) {
    if (role === "data") continue;
    const value = weights.get(name);
    if (value === undefined) {
      throw new UserError(`the weights lack ${name}; give weights of the same configuration`);
    }
    if (value.shape.join() !== shape.join()) {
      throw new UserError(
        `the weight ${name} has shape [${value.shape.join(", ")}], but the model's is [${shape.join(", ")}]; give weights of the same configuration`,
      );
    }
    chosen[name] = value;
  }
  return chosen;
}
