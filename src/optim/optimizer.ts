/** The interface of optimizers: an update rule as a graph over one flat chunk of parameters. */
import { createGraph, type Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { symbolic } from "../graph/shape.ts";

/** Values that change from step to step. */
export interface StepSettings {
  /** Updates done before this one: the first update is step 0. */
  readonly step: number;
  readonly learningRate: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Factor of the gradient before everything else, for clipping and accumulation. Default 1. */
  readonly gradientScale?: number;
  /** Sets the moments to zero before the update, as if it were the first. Default false. */
  readonly resetMoments?: boolean;
}

/** An update rule. Its graph is built once; its scalars are computed for every step. */
export interface Optimizer {
  readonly name: string;
  /** Moments of every parameter, with the names of torch.optim; they start at zero. */
  readonly moments: readonly string[];
  /**
   * The update of a chunk of any length.
   *
   * Inputs: `parameter`, `gradient` and each of `moments` (`[N]`), and the names of `scalars`.
   * Outputs: `new_parameter` and `new_<moment>`. Each output may be bound to the memory of the
   * input that it replaces: every node works entry by entry, and all nodes that read an input
   * come before the node that overwrites it.
   */
  graph(): Record<string, Tensor>;
  /** Values of the scalar inputs of `graph` for a step. */
  scalars(settings: StepSettings): Record<string, number>;
}

export interface ChunkInputs {
  /** A vector of run-time length. */
  vector(name: string): Tensor;
  scalar(name: string): Tensor;
}

/** Creates the inputs of a graph over one chunk. */
export function chunkInputs(): ChunkInputs {
  const graph = createGraph();
  const shape = [symbolic("N")];
  return {
    vector: (name) => input(graph, name, { dtype: "float32", shape }, "state"),
    scalar: (name) => input(graph, name, { dtype: "float32", shape: [] }),
  };
}
