import type { Tensor } from "../graph/graph.ts";
import { applyDropout } from "../nn/dropout.ts";
import type { Initializer } from "../nn/initializers.ts";
import { ones, zeros } from "../nn/initializers.ts";
import { type LinearOptions, linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { gelu, geluTanh, relu, reluSquared, silu } from "../ops/activation.ts";
import { add, mul } from "../ops/arithmetic.ts";

export type Activation = "gelu" | "gelu_tanh" | "relu" | "relu_squared" | "silu";

export const activations: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  gelu,
  gelu_tanh: geluTanh,
  relu,
  relu_squared: reluSquared,
  silu,
};

export interface ExpertOptions {
  /** Width of the hidden layer, usually `4 D`. */
  readonly hiddenWidth: number;
  readonly activation?: Activation;
  /** Rate of dropout after the activation and after `fc2`. Default 0. */
  readonly dropout?: number;
  /**
   * Each expert scales and shifts its normalised input by parameters of its own; the caller
   * normalises once, before dispatch, which is the same as a layer norm inside each expert.
   */
  readonly innerNorm?: boolean;
  readonly weightInit?: Initializer;
}

/**
 * One expert per input: `fc2(dropout(activation(fc1(x))))`.
 *
 * Parameters of expert `e` under `e.`: `fc1.weight` `[F, D]`, `fc1.bias`, `fc2.weight` `[D, F]`,
 * `fc2.bias`, and `norm.weight`, `norm.bias` with `innerNorm`.
 *
 * @param inputs `[n_e, D]` per expert; `n_e` may be zero
 * @param draws uniform random numbers for dropout, `[n_e, F]` per expert; none: no dropout
 * @returns `[n_e, D]` per expert
 */
export function mlpExperts(
  scope: Scope,
  inputs: readonly Tensor[],
  options: ExpertOptions,
  draws?: readonly Tensor[],
): Tensor[] {
  return inputs.map((rows, e) => mlpExpert(scope.child(e), rows, options, draws?.[e]));
}

function mlpExpert(scope: Scope, x: Tensor, options: ExpertOptions, draws?: Tensor): Tensor {
  const { hiddenWidth, activation = "gelu", dropout = 0, innerNorm = false, weightInit } = options;
  const init: LinearOptions = weightInit === undefined ? {} : { weightInit };
  const width = x.shape[1] as number;
  const rows = innerNorm ? scaleAndShift(scope.child("norm"), x) : x; // [n_e, D]
  const hidden = activations[activation](linear(scope.child("fc1"), rows, hiddenWidth, init)); // [n_e, F]
  const kept = draws === undefined ? hidden : applyDropout(hidden, draws, dropout); // [n_e, F]
  return linear(scope.child("fc2"), kept, width, init); // [n_e, D]
}

function scaleAndShift(scope: Scope, x: Tensor): Tensor {
  const width = [x.shape[1] as number];
  return add(mul(x, scope.parameter("weight", width, ones)), scope.parameter("bias", width, zeros));
}
