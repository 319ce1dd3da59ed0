import type { Tensor } from "../../graph/graph.ts";
import { dropout } from "../../nn/dropout.ts";
import type { Initializer } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { relu } from "../../ops/activation.ts";
import { softmax } from "../../ops/softmax.ts";
import type { DenseRouting } from "../routing.ts";

export interface DenseRouterOptions {
  readonly numExperts: number;
  /** Widths of the hidden layers of an MLP gate; default none, a linear gate. */
  readonly hiddenWidths?: readonly number[];
  /** After hidden layer `layer` of an MLP gate. Default ReLU. */
  readonly activation?: (x: Tensor, layer: number) => Tensor;
  /** After each hidden layer of an MLP gate. Default 0. */
  readonly dropout?: number;
  /** Default true. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
}

/**
 * Every expert with the weight `softmax(logits)_e` (Jacobs et al., 1991, "Adaptive mixtures of local
 * experts").
 *
 * @param logits `[N, E]`
 */
export function denseRouting(logits: Tensor): DenseRouting {
  const numExperts = logits.shape[1] as number;
  return { numExperts, combineWeights: softmax(logits), logits };
}

/**
 * Every expert with the weight `softmax(gate(x))_e`, the gate being linear or an MLP.
 *
 * Parameters `weight` `[E, D]` and `bias`; an MLP has them under `0.`, `1.` and so on.
 *
 * @param x `[N, D]`
 */
export function denseRouter(scope: Scope, x: Tensor, options: DenseRouterOptions): DenseRouting {
  const { numExperts, hiddenWidths = [], activation = relu, bias = true, weightInit } = options;
  const init = { bias, ...(weightInit && { weightInit }) };
  const hidden = hiddenWidths.reduce((rows, width, layer) => {
    const child = scope.child(layer);
    const active = activation(linear(child, rows, width, init), layer);
    return dropout(child, active, options.dropout ?? 0);
  }, x); // [N, F]
  const last = hiddenWidths.length === 0 ? scope : scope.child(hiddenWidths.length);
  return denseRouting(linear(last, hidden, numExperts, init));
}
