/** Compiles a part of a trained model as a separate graph. */
import type { NdArray } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { createScope, type Scope } from "../nn/scope.ts";
import { createWeightedSession, type WeightedOptions } from "./model-weights.ts";

export interface ForwardOptions extends WeightedOptions {
  /** Selects, by name, the taps that become outputs. Default: none. */
  readonly taps?: (name: string) => boolean;
}

export interface Forward {
  /** Names of the tap outputs, in the order of the model. */
  readonly taps: readonly string[];
  /** Runs the graph and returns the outputs with these names. Default: all. */
  run(
    inputs: Readonly<Record<string, NdArray>>,
    names?: readonly string[],
  ): Promise<Record<string, NdArray>>;
  /** Frees the session. */
  dispose(): void;
}

/**
 * Traces a function in evaluation mode and compiles it.
 *
 * @param trace declares the inputs and returns the outputs by name
 * @throws UserError if a weight is missing or its shape differs from the model's
 */
export async function compileForward(
  trace: (scope: Scope) => Readonly<Record<string, Tensor>>,
  { taps: wanted = () => false, ...options }: ForwardOptions,
): Promise<Forward> {
  const { scope, trace: traced } = createScope({ training: false });
  const outputs = trace(scope);
  const taps = [...traced.taps].filter(([name]) => wanted(name));
  const all = { ...outputs, ...Object.fromEntries(taps) };
  const { session, given } = await createWeightedSession(all, options);
  return {
    taps: taps.map(([name]) => name),
    run: (inputs, names) => session.run({ ...given, ...inputs }, names),
    dispose: () => session.dispose(),
  };
}
