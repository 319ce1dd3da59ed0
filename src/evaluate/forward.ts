/** A part of a trained model as a graph of its own. */
import type { NdArray } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { createScope, type Scope } from "../nn/scope.ts";
import { createWeightedSession, type WeightedOptions } from "./model-weights.ts";

export interface ForwardOptions extends WeightedOptions {
  /** Which taps become outputs, by name. Default none. */
  readonly taps?: (name: string) => boolean;
}

export interface Forward {
  /** Names of the outputs that are taps, in the order of the model. */
  readonly taps: readonly string[];
  /** The outputs of these names, by default all. */
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
 * @param trace declares the inputs and gives the outputs by their names
 * @throws UserError where a weight is missing or has another shape than the model says
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
