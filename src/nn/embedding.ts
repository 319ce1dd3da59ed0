import type { Tensor } from "../graph/graph.ts";
import { gather } from "../ops/gather.ts";
import { type Initializer, normalOf } from "./initializers.ts";
import type { Scope } from "./scope.ts";

export interface EmbeddingOptions {
  /** Rows of the table. */
  readonly numEmbeddings: number;
  readonly width: number;
  /** Default: PyTorch's, standard normal. */
  readonly init?: Initializer;
}

/**
 * Rows of a trained table; parameter `weight` `[V, D]`.
 *
 * @param ids int64 of any shape, 0 to V - 1
 * @returns the shape of `ids` with an axis `D` at its end
 */
export function embedding(
  scope: Scope,
  ids: Tensor,
  { numEmbeddings, width, init = normalOf(1) }: EmbeddingOptions,
): Tensor {
  return gather(scope.parameter("weight", [numEmbeddings, width], init), ids);
}
