/** Noise on router logits, drawn only in training. */
import type { Tensor } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import type { Routing } from "../routing.ts";

/** Standard normal numbers and their scale. */
export interface RouterNoise {
  /** `[N, E]`, standard normal. */
  readonly sample: Tensor;
  /** Standard deviation: one number, or `[N, E]`. */
  readonly std: Tensor | number;
}

/** Fresh noise under the name `noise` in training; `undefined` in evaluation and if `std` is 0. */
export function drawNoise(
  scope: Scope,
  logits: Tensor,
  std: Tensor | number,
): RouterNoise | undefined {
  if (!scope.training || std === 0) return undefined;
  return { sample: scope.random("noise", logits.shape, "normal"), std };
}

/** `logits + std * sample` `[N, E]`, or the logits themselves. */
export function addNoise(logits: Tensor, noise: RouterNoise | undefined): Tensor {
  return noise === undefined ? logits : add(logits, mul(noise.sample, noise.std));
}

/** The fields of a routing that describe its noise. */
export function describeNoise(
  noisyLogits: Tensor,
  noise: RouterNoise | undefined,
): Pick<Routing, "noisyLogits" | "noiseStd"> {
  return noise === undefined ? {} : { noisyLogits, noiseStd: noise.std };
}
