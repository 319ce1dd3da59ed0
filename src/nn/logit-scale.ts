import type { Tensor } from "../graph/graph.ts";
import { exp } from "../ops/arithmetic.ts";
import { boundedAbove } from "../ops/bounded-above.ts";
import { constantOf } from "./initializers.ts";
import type { Scope } from "./scope.ts";

export interface LogitScaleOptions {
  /** The scale begins at `1 / temperature`. */
  readonly temperature: number;
  /** Largest scale, 100 in CLIP. Default 100. */
  readonly maximum?: number;
}

/**
 * A learned factor of similarities, `min(exp(s), maximum)`; parameter `logit_scale` is `s`
 * (CLIP, arXiv:2103.00020, section 2.5). At its maximum it can fall again: see {@link boundedAbove}.
 *
 * @returns `[1]`
 * @example
 * const layer = (scope, { x }) => learnedLogitScale(scope, { temperature: 0.5 });
 * const inputs = { x: array([1]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [1]
 */
export function learnedLogitScale(
  scope: Scope,
  { temperature, maximum = 100 }: LogitScaleOptions,
): Tensor {
  const start = constantOf(Math.log(1 / temperature));
  return exp(boundedAbove(scope.parameter("logit_scale", [1], start), Math.log(maximum)));
}
