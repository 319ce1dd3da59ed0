import type { Tensor } from "../graph/graph.ts";
import { exp } from "../ops/arithmetic.ts";
import { boundedAbove } from "../ops/bounded-above.ts";
import { constantOf } from "./initializers.ts";
import type { Scope } from "./scope.ts";

export interface LogitScaleOptions {
  /** The initial scale is `1 / temperature`. */
  readonly temperature: number;
  /** Largest scale, 100 in CLIP. Default 100. */
  readonly maximum?: number;
}

/**
 * A learned factor of similarities, `min(exp(s), maximum)`; parameter `logit_scale` is `s`
 * (CLIP, arXiv:2103.00020, section 2.5). At its maximum it can decrease again: see {@link boundedAbove}.
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

export interface SimilarityOptions {
  /** The loss on the logits: only the sigmoid loss has a bias. */
  readonly form: "info_nce" | "siglip";
  readonly temperature: number;
  /** Whether the temperature is learned; its initial value is `temperature`. */
  readonly learnedTemperature: boolean;
  /** Minimum learned temperature. Default 0.01. */
  readonly minTemperature?: number;
}

/** Logits of cosines are `scale * cosine + bias`. */
export interface Similarity {
  /** `[1]`, or a constant. */
  readonly scale: Tensor | number;
  readonly bias: Tensor | number;
}

/**
 * The map from cosines to logits. Parameters: `logit_scale` if the temperature is learned (CLIP,
 * arXiv:2103.00020), and `logit_bias` of the sigmoid loss, initially -10 (SigLIP, arXiv:2303.15343).
 *
 * @example
 * const { scope } = createScope({ training: false });
 * const { scale, bias } = similarity(scope, { form: "info_nce", temperature: 0.5, learnedTemperature: false });
 * scale; // 2
 * bias; // 0
 */
export function similarity(
  scope: Scope,
  { form, temperature, learnedTemperature, minTemperature = 0.01 }: SimilarityOptions,
): Similarity {
  return {
    scale: learnedTemperature
      ? learnedLogitScale(scope, { temperature, maximum: 1 / minTemperature })
      : 1 / temperature,
    bias: form === "siglip" ? scope.parameter("logit_bias", [1], constantOf(-10)) : 0,
  };
}
