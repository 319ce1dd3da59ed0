/** Experts: networks with one hidden layer, each applied to the rows that it received. */
import type { Tensor } from "../graph/graph.ts";
import { dropout } from "../nn/dropout.ts";
import { type Initializer, ones, zeros } from "../nn/initializers.ts";
import { standardize } from "../nn/layer-norm.ts";
import { type LinearOptions, linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { sigmoid } from "../ops/activation.ts";
import { add, clamp, minimum, mul } from "../ops/arithmetic.ts";
import { type Activation, activationOf } from "./activations.ts";
import type { Dispatcher } from "./dispatch/dropless.ts";

export interface ExpertOptions {
  /**
   * `mlp` (default): `fc2(act(fc1(x)))`; `gated`: `fc2(act(gate(x)) * up(x))`, three matrices instead
   * of two (Shazeer, arXiv:2002.05202, section 2; SwiGLU with `silu`); `clamped`: the form of gpt-oss,
   * `fc2((clamp(up(x), -7, 7) + 1) * g sigmoid(1.702 g))` with `g = min(gate(x), 7)`, whatever the
   * activation.
   */
  readonly kind?: "mlp" | "gated" | "clamped";
  /** Width of the hidden layer, usually `4 D`. */
  readonly hiddenWidth: number;
  /** Name, or a function such as `gelu` of `moesaic/ops`. Default `gelu`. */
  readonly activation?: Activation;
  /** Default true. */
  readonly bias?: boolean;
  /** Dropout rate after the activation and after `fc2`. Default 0. */
  readonly dropout?: number;
  /** Another rate after the activation. */
  readonly hiddenDropout?: number;
  /**
   * Each expert scales and shifts its normalised input with its own parameters; the caller
   * normalises once before dispatch, which is equivalent to a layer norm inside each expert.
   */
  readonly innerNorm?: boolean;
  /** `shared`: all experts start with the same values (V-MoE). Default `per_expert`. */
  readonly initialization?: "per_expert" | "shared";
  readonly weightInit?: Initializer;
  /** `D'`, width of the results. Default: the width of the input. */
  readonly outputWidth?: number;
}

/**
 * Applies each expert to its own rows, without the dropout after `fc2`.
 *
 * Parameters of expert `e` under `e.`: `fc1.weight` `[F, D]`, `fc1.bias`, or `gate` and `up` of the
 * same shapes in gated and clamped experts; `fc2.weight` `[D, F]`, `fc2.bias`; `norm.weight`, `norm.bias` with
 * `innerNorm`.
 *
 * @param inputs `[n_e, D]` per expert; `n_e` may be zero
 * @returns `[n_e, D']` per expert
 */
export function applyExperts(
  scope: Scope,
  inputs: readonly Tensor[],
  options: ExpertOptions,
  { join, cut }: Pick<Dispatcher, "join" | "cut">,
): Tensor[] {
  const at = (e: number): Scope =>
    scope.child(e, options.initialization === "shared" ? { drawnAs: 0 } : {});
  const rate = hiddenRate(options);
  const { outputWidth = inputs[0]!.shape[1] as number } = options;
  const hidden = inputs.map((x, e) => hiddenLayer(at(e), x, options)); // [n_e, F]
  // Dropout draws its numbers for all rows at once, because only their sum is known before the run.
  const drops = rate > 0 && scope.training;
  const active = drops ? cut(dropout(scope, join(hidden), rate)) : hidden; // [n_e, F]
  return active.map((rows, e) =>
    linear(at(e).child("fc2"), rows, outputWidth, linearOptions(options)),
  ); // [n_e, D']
}

/**
 * A dense layer of the same form as one expert, applied to all rows.
 *
 * It has the parameters of an expert. With `innerNorm`, it normalises its input.
 *
 * @param x `[N, D]`
 */
export function feedForward(scope: Scope, x: Tensor, options: ExpertOptions): Tensor {
  const rate = options.dropout ?? 0;
  const rows = options.innerNorm === true ? standardize(x) : x;
  const inner = hiddenLayer(scope, rows, options);
  const hidden = dropout(scope.child("hidden"), inner, hiddenRate(options)); // [N, F]
  const { outputWidth = x.shape[1] as number } = options;
  const y = linear(scope.child("fc2"), hidden, outputWidth, linearOptions(options));
  return dropout(scope.child("output"), y, rate); // [N, D']
}

function hiddenRate({ dropout: rate = 0, hiddenDropout = rate }: ExpertOptions): number {
  return hiddenDropout;
}

function hiddenLayer(scope: Scope, x: Tensor, options: ExpertOptions): Tensor {
  const { kind = "mlp", hiddenWidth, activation = "gelu", innerNorm = false } = options;
  const activate = activationOf(activation);
  const rows = innerNorm ? scaleAndShift(scope.child("norm"), x) : x; // [n, D]
  const project = (name: string): Tensor =>
    linear(scope.child(name), rows, hiddenWidth, linearOptions(options)); // [n, F]
  if (kind === "mlp") return activate(project("fc1"));
  const [gate, up] = [project("gate"), project("up")];
  return kind === "gated" ? mul(activate(gate), up) : clampedProduct(gate, up);
}

/** Bound of both factors, and the slope of the sigmoid, in gpt-oss. */
const [LIMIT, SLOPE] = [7, 1.702];

function clampedProduct(gate: Tensor, up: Tensor): Tensor {
  const g = minimum(gate, LIMIT);
  return mul(add(clamp(up, -LIMIT, LIMIT), 1), mul(g, sigmoid(mul(g, SLOPE))));
}

function linearOptions({ bias = true, weightInit }: ExpertOptions): LinearOptions {
  return { bias, ...(weightInit && { weightInit }) };
}

function scaleAndShift(scope: Scope, x: Tensor): Tensor {
  const width = [x.shape[1] as number];
  return add(mul(x, scope.parameter("weight", width, ones)), scope.parameter("bias", width, zeros));
}
