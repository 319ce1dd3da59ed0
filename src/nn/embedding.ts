import type { Tensor } from "../graph/graph.ts";
import { gather } from "../ops/gather.ts";
import { type Initializer, normalOf } from "./initializers.ts";
import type { Scope } from "./scope.ts";

export interface EmbeddingOptions {
  /** Number of rows of the table. */
  readonly numEmbeddings: number;
  readonly width: number;
  /** Initial values. Default: PyTorch's, standard normal. */
  readonly init?: Initializer;
}

/**
 * Rows of a trained table; parameter `weight` `[V, D]`.
 *
 * @param ids int64 of any shape, 0 to V - 1
 * @returns the shape of `ids` with a last axis `D`
 * @example
 * const layer = (scope, { x }) => embedding(scope, x, { numEmbeddings: 10, width: 4 });
 * const inputs = { x: array([1, 7], "int64") };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [2, 4]
 */
export function embedding(
  scope: Scope,
  ids: Tensor,
  { numEmbeddings, width, init = normalOf(1) }: EmbeddingOptions,
): Tensor {
  return gather(scope.parameter("weight", [numEmbeddings, width], init), ids);
}
