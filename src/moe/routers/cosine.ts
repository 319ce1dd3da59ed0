import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import type { Tensor } from "../../graph/graph.ts";
import { constantOf, normalOf } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { exp, mul } from "../../ops/arithmetic.ts";
import { boundedAbove } from "../../ops/bounded-above.ts";
import { l2Normalize } from "../../ops/l2-normalize.ts";
import { matmul } from "../../ops/matmul.ts";
import type { Normalization, Routing } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { drawNoise } from "./noise.ts";
import {
  count,
  deviation,
  evenLoss,
  lonelySum,
  normalization as normalizationSetting,
  renamedNoise,
  scored,
} from "./settings.ts";
import { softmaxTopKRouting } from "./softmax-top-k.ts";

export interface CosineRouterOptions {
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  /** Width of the space in which angles are measured. Default 256. */
  readonly projectionWidth?: number;
  /** Initial temperature; its logarithm is learned. Default 0.5, a factor of 2. */
  readonly initialTemperature?: number;
  /**
   * Standard deviation of the noise on each logit, multiplied by the number of experts. Default 0; GMoE uses
   * 1.
   */
  readonly noiseScale?: number;
  /** Default `sum` for `K > 1`, `none` for `K = 1`, as in tutel. */
  readonly normalization?: Normalization;
}

/** Upper bound of `exp(t)`. */
const MAX_FACTOR = 100;

/**
 * Cosines of tokens and experts times a learned factor: `(h/|h|) (S/|S|) exp(min(t, log 100))`.
 *
 * The low-dimensional form with normalised vectors is X-MoE's (arXiv:2204.09179, section 4); the
 * clamped logarithm as temperature is tutel's and GMoE's (arXiv:2206.04046). There, a
 * temperature beyond the bound gets no gradient and stays; here it can decrease again.
 *
 * @param projected `h`, `[N, P]`
 * @param similarity `S`, one column per expert, `[P, E]`
 * @param temperature `t`, `[1]`
 * @returns `[N, E]`
 */
export function cosineLogits(projected: Tensor, similarity: Tensor, temperature: Tensor): Tensor {
  const cosines = matmul(l2Normalize(projected), l2Normalize(similarity, 0)); // [N, E]
  return mul(cosines, exp(boundedAbove(temperature, Math.log(MAX_FACTOR))));
}

/**
 * Top-k routing by cosines (microsoft/tutel's `cosine_top`, Luodian/GMoE).
 *
 * Parameters `cosine_projector.weight` `[P, D]`, `cosine_projector.bias`, `sim_matrix` `[P, E]`,
 * `temperature` `[1]`.
 *
 * @param x `[N, D]`
 */
export function cosineRouter(scope: Scope, x: Tensor, options: CosineRouterOptions): Routing {
  const {
    numExperts,
    numSelectedExperts,
    projectionWidth = 256,
    initialTemperature = 0.5,
    noiseScale = 0,
    normalization = numSelectedExperts > 1 ? "sum" : "none",
  } = options;
  const projected = linear(scope.child("cosine_projector"), x, projectionWidth); // [N, P]
  const similarity = scope.parameter("sim_matrix", [projectionWidth, numExperts], normalOf(0.01));
  const temperature = scope.parameter(
    "temperature",
    [1],
    constantOf(Math.log(1 / initialTemperature)),
  );
  const logits = cosineLogits(projected, similarity, temperature); // [N, E]
  const noise = drawNoise(scope, logits, noiseScale / numExperts);
  return softmaxTopKRouting(logits, { numSelectedExperts, normalization, noise });
}

export const cosine = defineRouter({
  name: "cosine",
  kind: "token-choice",
  paper: "arXiv:2204.09179, arXiv:2206.04046",
  description: "Cosines of projected tokens and experts with a learned temperature.",
  decides: "tokens",
  settings: {
    num_selected_experts: count.default(1).describe("Experts per token."),
    projection_width: count
      .default(256)
      .describe("Width of the space in which cosines are computed."),
    initial_temperature: z
      .number()
      .positive()
      .default(0.5)
      .describe("Initial divisor of the cosines."),
    noise_scale: deviation
      .default(0)
      .describe("Standard deviation of the noise on each logit, times the number of experts."),
    normalization: normalizationSetting
      .optional()
      .describe(
        "Whether the weights of a token sum to 1; by default they do, except for a single expert.",
      ),
  },
  renamed: renamedNoise,
  selects: ({ numSelectedExperts }) => numSelectedExperts,
  gives: [...scored, "noise"],
  lacks: ({ noiseScale }) => (noiseScale === 0 ? { noise: "choose noise_scale 1" } : {}),
  tensors: {
    sim_matrix: { axis: 1 },
    "cosine_projector.weight": null,
    "cosine_projector.bias": null,
    temperature: null,
  },
  check: lonelySum,
  route: (scope, x, settings, { numExperts, numSelectedExperts }) =>
    cosineRouter(scope, x, { ...defined(settings), numExperts, numSelectedExperts }),
  examples: {
    picture: { settings: { num_selected_experts: 2, projection_width: 4 } },
    variants: [
      {
        title: "cosine top-2, balance loss",
        settings: { num_selected_experts: 2, projection_width: 64 },
        losses: [evenLoss],
        balanced: true,
      },
    ],
    forms: [
      { settings: { projection_width: 3, noise_scale: 1, normalization: "sum" }, weightSum: 1 },
    ],
  },
});
