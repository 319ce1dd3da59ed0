import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Initializer } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { div } from "../../ops/arithmetic.ts";
import { greater, less, where } from "../../ops/compare.ts";
import { concat, slice } from "../../ops/join.ts";
import { unsqueeze } from "../../ops/reshape.ts";
import type { Routing } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { evenLoss, initOf, linearSettings, linearTensors, scored } from "./settings.ts";
import { softmaxTopKRouting } from "./softmax-top-k.ts";

/**
 * When the second expert is used, by its normalised weight `g2`: `all`, always; `none`, never;
 * `threshold`, if `g2 > threshold`; `random`, with probability `min(1, g2 / threshold)`.
 */
export type SecondExpertPolicy = "all" | "none" | "threshold" | "random";

export interface SecondExpertRouterOptions {
  readonly numExperts: number;
  /** Policy in training. Default `random`. */
  readonly policy?: SecondExpertPolicy;
  /** Policy in evaluation. Default `policy`, or `threshold` if that is `random`. */
  readonly evaluationPolicy?: Exclude<SecondExpertPolicy, "random">;
  /** Default 0.2; fairseq's `random` is 0.5. */
  readonly threshold?: number;
  /** Default false. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
}

/**
 * Removes second experts by a policy (GShard, arXiv:2006.16668, section 2.2; policies as in Mesh
 * TensorFlow and lucidrains/mixture-of-experts).
 *
 * The first weight does not change: `g1 / (g1 + g2)`, even without the second expert.
 *
 * @param routing two experts per token
 * @param uniform for `random`, uniform numbers in [0, 1), `[N]`
 * @throws UserError (exit code 2) if `K` is not 2
 */
export function secondExpertPolicy(
  routing: Routing,
  policy: SecondExpertPolicy,
  {
    threshold = 0.2,
    uniform,
  }: { readonly threshold?: number; readonly uniform?: Tensor | undefined } = {},
): Routing {
  if (routing.numSelectedExperts !== 2) {
    throw usageError(
      `second-expert policies need num_selected_experts = 2, got ${routing.numSelectedExperts}`,
    );
  }
  if (policy === "all") return routing;
  const { ids, combineWeights, numExperts } = routing;
  const second = slice(combineWeights, 0, 1); // [1, N]
  const kept = keptSeconds(second, policy, threshold, uniform); // [1, N] bool
  return {
    ...routing,
    ids: concat([slice(ids, 0, 0, 1), where(kept, slice(ids, 0, 1), numExperts)]), // [2, N]
    mayDrop: true,
    combineWeights: concat([slice(combineWeights, 0, 0, 1), where(kept, second, 0)]), // [2, N]
  };
}

function keptSeconds(
  second: Tensor,
  policy: Exclude<SecondExpertPolicy, "all">,
  threshold: number,
  uniform: Tensor | undefined,
): Tensor {
  if (policy === "none") return greater(second, Number.POSITIVE_INFINITY);
  if (policy === "threshold") return greater(second, threshold);
  if (uniform === undefined) throw new RangeError('the policy "random" needs uniform numbers [N]');
  return less(unsqueeze(uniform, 0), div(second, Math.max(threshold, 1e-9)));
}

/**
 * Softmax, the top two with weights of sum 1, and a policy for the second; parameter `weight`
 * `[E, D]`.
 *
 * @param x `[N, D]`
 */
export function secondExpertRouter(
  scope: Scope,
  x: Tensor,
  options: SecondExpertRouterOptions,
): Routing {
  const { numExperts, policy = "random", threshold = 0.2, bias = false, weightInit } = options;
  const logits = linear(scope, x, numExperts, { bias, ...(weightInit && { weightInit }) });
  const routing = softmaxTopKRouting(logits, { numSelectedExperts: 2 });
  const inEvaluation = options.evaluationPolicy ?? (policy === "random" ? "threshold" : policy);
  const used = scope.training ? policy : inEvaluation;
  const uniform =
    used === "random" ? scope.random("second_expert", [x.shape[0]!], "uniform") : undefined;
  return secondExpertPolicy(routing, used, { threshold, uniform });
}

const evaluationPolicies = ["all", "none", "threshold"] as const;

export const secondExpert = defineRouter({
  name: "second_expert",
  kind: "token-choice",
  paper: "arXiv:2006.16668",
  description: "Two experts, the second by a policy: all, none, threshold or random.",
  decides: "tokens",
  settings: {
    policy: z
      .enum([...evaluationPolicies, "random"])
      .default("random")
      .describe("When the second expert is used: always, never, above a threshold, or at random."),
    evaluation_policy: z
      .enum(evaluationPolicies)
      .optional()
      .describe("The policy in evaluation; by default the same, or `threshold` for `random`."),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe("Probability above which the second expert is used."),
    ...linearSettings,
  },
  selects: () => ({ always: 2 }),
  gives: scored,
  tensors: linearTensors,
  route: (scope, x, settings, { numExperts }) =>
    secondExpertRouter(scope, x, { ...defined(settings), ...initOf(settings), numExperts }),
  examples: {
    picture: { settings: { policy: "threshold", threshold: 0.3 } },
    variants: [
      {
        title: "second expert at random, balance loss",
        settings: {},
        losses: [evenLoss],
        balanced: true,
      },
    ],
    forms: [
      { title: "by threshold", settings: { policy: "threshold", threshold: 0.35 } },
      { title: "at random", settings: { policy: "random", threshold: 0.35 } },
    ],
  },
});
