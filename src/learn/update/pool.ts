/** Means over all batches of an update, known before its gradients: weights of means, losses of domains. */
import { allocate, type NdArray } from "../../graph/array.ts";
import type { StepGraph } from "../step-graph.ts";
import { createStepSession, type NamedArrays, type StepSessionOptions } from "../step-session.ts";

export interface Pool {
  /** The means, by the names of the inputs that take them. */
  readonly means: NamedArrays;
  /** Computes them for the batches of update `index`. */
  run(batches: readonly NamedArrays[], index: number): Promise<void>;
  dispose(): void;
}

/**
 * Compiles the part of a graph that all batches must pass before any is differentiated; undefined if
 * there is none. Usually it counts targets and tokens, without running the model.
 *
 * No example: training steps with several batches use it.
 */
export async function createPool(
  graph: StepGraph,
  options: Omit<StepSessionOptions, "movesStates">,
): Promise<Pool | undefined> {
  const { pool: model } = graph;
  if (model === undefined) return undefined;
  const counted = { ...graph, model, scalars: [], terms: new Map(), taps: [] };
  const session = await createStepSession(counted, { ...options, movesStates: false });
  const allocated = (): Record<string, NdArray<"float32">> =>
    Object.fromEntries(
      model.outputs.map(({ name, tensor }) => [
        name,
        allocate("float32", tensor.shape as readonly number[]),
      ]),
    );
  const [means, parts] = [allocated(), allocated()];
  return {
    means,
    async run(batches, index) {
      for (const { data } of Object.values(means)) data.fill(0);
      for (const [micro, arrays] of batches.entries()) {
        await session.run({ ...arrays, ...parts }, { step: index, micro });
        for (const [name, { data }] of Object.entries(means)) {
          const part = parts[name]!.data;
          for (let i = 0; i < data.length; i++) data[i]! += part[i]! / batches.length;
        }
      }
    },
    dispose: session.dispose,
  };
}
