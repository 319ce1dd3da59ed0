import type { Tensor } from "../graph/graph.ts";
import { dropout } from "../nn/dropout.ts";
import type { Initializer } from "../nn/initializers.ts";
import { ones, zeros } from "../nn/initializers.ts";
import { type LinearOptions, linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { gelu, geluTanh, relu, reluSquared, silu } from "../ops/activation.ts";
import { add, mul } from "../ops/arithmetic.ts";
import type { Dispatcher } from "./dispatch/dropless.ts";

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
 * Each expert on its own rows: `fc2(dropout(activation(fc1(x))))`.
 *
 * Parameters of expert `e` under `e.`: `fc1.weight` `[F, D]`, `fc1.bias`, `fc2.weight` `[D, F]`,
 * `fc2.bias`, and `norm.weight`, `norm.bias` with `innerNorm`.
 *
 * @param inputs `[n_e, D]` per expert; `n_e` may be zero
 * @returns `[n_e, D]` per expert
 */
export function mlpExperts(
  scope: Scope,
  inputs: readonly Tensor[],
  options: ExpertOptions,
  { join, cut }: Pick<Dispatcher, "join" | "cut">,
): Tensor[] {
  const { hiddenWidth, innerNorm = false, dropout: rate = 0, weightInit } = options;
  const init: LinearOptions = weightInit === undefined ? {} : { weightInit };
  const width = inputs[0]!.shape[1] as number;
  const activate = activations[options.activation ?? "gelu"];

  const hidden = inputs.map((x, e) => {
    const expert = scope.child(e);
    const rows = innerNorm ? scaleAndShift(expert.child("norm"), x) : x; // [n_e, D]
    return linear(expert.child("fc1"), rows, hiddenWidth, init); // [n_e, F]
  });
  // Dropout draws its numbers for all rows at once: only their sum has a size known before the run.
  const drops = rate > 0 && scope.training;
  const active = drops ? cut(dropout(scope, activate(join(hidden)), rate)) : hidden.map(activate); // [n_e, F]
  return active.map((rows, e) => linear(scope.child(e).child("fc2"), rows, width, init)); // [n_e, D]
}

function scaleAndShift(scope: Scope, x: Tensor): Tensor {
  const width = [x.shape[1] as number];
  return add(mul(x, scope.parameter("weight", width, ones)), scope.parameter("bias", width, zeros));
}
