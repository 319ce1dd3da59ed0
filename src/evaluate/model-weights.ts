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

/** Heavier weights are given to every run rather than kept by every session. */
const MOST_KEPT_BYTES = 256 * 2 ** 20;

/**
 * Compiles a graph together with its weights. Where the runtime reads inputs in place, weights are
 * inputs and lie once for all sessions; where it copies them at every run, they are part of the model.
 *
 * @returns the session, and the weights that every run is to be given
 * @throws UserError where a weight is missing or has another shape than the graph says
 */
export async function createWeightedSession(
  outputs: Readonly<Record<string, Tensor>>,
  { runtime, weights, session: settings }: WeightedOptions,
): Promise<{ readonly session: Session; readonly given: Readonly<Record<string, NdArray>> }> {
  const plain = emitModel(outputs);
  const chosen = chooseWeights(plain, weights);
  const bytes = Object.values(chosen).reduce((sum, { data }) => sum + data.byteLength, 0);
  const keeps = runtime.copiesInputs && bytes <= MOST_KEPT_BYTES;
  const initializers = new Map(Object.entries(chosen));
  const emitted = keeps ? emitModel(outputs, { initializers }) : plain;
  const { explain } = emitted;
  const session = await runtime.createSession(emitted.bytes, { ...settings, explain });
  return { session, given: keeps ? {} : chosen };
}

/**
 * The parameters and states that a graph reads, from those of a trained model.
 *
 * @throws UserError where one is missing or has another shape than the graph says
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
      throw new UserError(
        `the weights lack ${name}; give those of a model with the same configuration`,
      );
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
