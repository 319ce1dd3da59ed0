/** Diff-MoE's attentive router, in the form of its README and in its earlier attention form. */
import * as z from "zod";
import { array } from "../../graph/array.ts";
import { defined } from "../../graph/defined.ts";
import type { Tensor } from "../../graph/graph.ts";
import { constant } from "../../graph/inputs.ts";
import { divideDim } from "../../graph/shape.ts";
import { orthogonal, xavierUniform } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { sigmoid } from "../../ops/activation.ts";
import { add, div, maximum, mul } from "../../ops/arithmetic.ts";
import { cast, greater, where } from "../../ops/compare.ts";
import { matmul } from "../../ops/matmul.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { expand, reshape } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { type Routing, selectTopK } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { count, evenLoss, linearTensors, lonelyWeight, rows, scored } from "./settings.ts";

export interface AttentiveRouterOptions {
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  /** `linear`: `W x + b`; `attention`: a query of each token against learned expert keys. */
  readonly form?: "linear" | "attention";
  /** Adds `0.01 N(0, 1)` to the logits of the linear form in training. Default false. */
  readonly noisy?: boolean;
  /** Turns the linear form's logits into probabilities. Default `softmax`. */
  readonly gate?: "softmax" | "sigmoid";
  /**
   * Attention form only: `token` chooses experts for each token, `sample` once for all tokens of an
   * image from their mean attention, as the original did. Default `token`.
   */
  readonly pool?: "token" | "sample";
  /** Tokens per sample, for `pool: "sample"`. */
  readonly numTokens?: number;
  /** Tokens included in the mean of `pool: "sample"`, `[N]` bool; default all. */
  readonly mask?: Tensor;
  /** Experts available to these tokens; default all. */
  readonly available?: readonly boolean[];
}

/** Large enough to make a probability exactly zero, small enough for float32 differences. */
const HIDDEN = -1e9;

/**
 * Routes tokens as in Diff-MoE (github.com/yaolidong/diff-MoE).
 *
 * Linear form (commit 4d2c44e): `p = softmax(W x + b)`, the best `K`, weights renormalised to sum 1;
 * with `gate: "sigmoid"`, `p = sigmoid(W x + b)` and weights softmax(chosen p). `W` is initialised
 * orthogonal with gain 0.1; the original overwrote it with a global initialisation.
 *
 * Attention form (commit e0c4f54): `q = W_q x + b`, `p = softmax(q Kᵀ / sqrt D)` over learned keys
 * `K` `[E, D]`. The original summed the chosen experts unweighted; here they are weighted by their
 * renormalised attention, so that the router receives a gradient.
 *
 * @param x `[N, D]`
 */
export function attentiveRouter(scope: Scope, x: Tensor, options: AttentiveRouterOptions): Routing {
  const { form = "linear", pool = "token", numSelectedExperts } = options;
  const logits = hideUnavailable(
    form === "linear" ? linearLogits(scope, x, options) : attentionLogits(scope, x, options),
    options.available,
  ); // [N, E]
  if (form === "linear" && options.gate === "sigmoid") {
    const routing = selectTopK(logits, sigmoid(logits), numSelectedExperts, "none");
    return { ...routing, combineWeights: softmax(routing.combineWeights, 0) };
  }
  const attention = softmax(logits); // [N, E]
  const probabilities = pool === "sample" ? poolSamples(attention, options) : attention;
  return selectTopK(logits, probabilities, numSelectedExperts, "sum");
}

function linearLogits(scope: Scope, x: Tensor, options: AttentiveRouterOptions): Tensor {
  const logits = linear(scope, x, options.numExperts, { weightInit: orthogonal(0.1) });
  if (!(options.noisy && scope.training)) return logits;
  return add(logits, mul(scope.random("noise", logits.shape, "normal"), 0.01));
}

function attentionLogits(scope: Scope, x: Tensor, { numExperts }: AttentiveRouterOptions): Tensor {
  const width = x.shape[1] as number;
  const query = linear(scope.child("query"), x, width); // [N, D]
  const keys = scope.parameter("expert_keys", [numExperts, width], xavierUniform()); // [E, D]
  return matmul(query, keys, { transposeB: true, scale: 1 / Math.sqrt(width) });
}

function hideUnavailable(logits: Tensor, available: readonly boolean[] | undefined): Tensor {
  if (available === undefined || available.every(Boolean)) return logits;
  const offsets = array(available.map((may) => (may ? 0 : HIDDEN)));
  return add(logits, constant(logits.graph, offsets));
}

/** The mean attention of each sample, repeated for each of its tokens: `[N, E]`. */
function poolSamples(
  attention: Tensor,
  { numTokens, mask }: Pick<AttentiveRouterOptions, "numTokens" | "mask">,
): Tensor {
  if (numTokens === undefined) throw new RangeError('pool "sample" needs numTokens');
  const numExperts = attention.shape[1]!;
  const samples = divideDim(attention.shape[0]!, numTokens);
  const grouped = reshape(attention, [samples, numTokens, numExperts]); // [B, S, E]
  const mean =
    mask === undefined
      ? reduceMean(grouped, 1, { keepDims: true })
      : keptMean(grouped, reshape(mask, [samples, numTokens, 1])); // [B, 1, E]
  return reshape(expand(mean, grouped), attention.shape);
}

/** The mean over the unmasked tokens; over all tokens of a sample if all are masked. */
function keptMean(grouped: Tensor, mask: Tensor): Tensor {
  const counted = cast(mask, "float32"); // [B, S, 1]
  const count = reduceSum(counted, 1, { keepDims: true }); // [B, 1, 1]
  const sum = reduceSum(mul(grouped, counted), 1, { keepDims: true });
  const all = reduceMean(grouped, 1, { keepDims: true });
  return where(greater(count, 0), div(sum, maximum(count, 1)), all); // [B, 1, E]
}

/** Settings of the form of the router, which Diff-MoE has too. */
export const attentiveForm = {
  form: z
    .enum(["linear", "attention"])
    .default("linear")
    .describe("Logits of the router: linear, or attention of tokens to expert keys."),
  noisy: z
    .boolean()
    .default(false)
    .describe("Whether learned noise is added to the logits in training."),
  gate: z
    .enum(["softmax", "sigmoid"])
    .default("softmax")
    .describe("Function from logits to weights of the experts."),
  pool: z
    .enum(["token", "sample"])
    .default("token")
    .describe("Whether each token, or each sample as a whole, chooses its experts."),
};

export const attentive = defineRouter({
  name: "attentive",
  kind: "token-choice",
  paper: "github.com/yaolidong/diff-MoE",
  description: "Diff-MoE: a linear softmax gate, or attention of tokens to expert keys.",
  decides: "tokens",
  settings: {
    num_selected_experts: count.default(2).describe("Experts per token."),
    ...attentiveForm,
  },
  selects: ({ numSelectedExperts }) => numSelectedExperts,
  gives: scored,
  lacks: ({ gate }) => (gate === "sigmoid" ? { distribution: "choose gate softmax" } : {}),
  tensors: { ...linearTensors, expert_keys: rows, "query.weight": null, "query.bias": null },
  check: ({ form, pool }, sizes) =>
    form === "linear" && pool === "sample"
      ? "pool sample requires the attention form of the attentive router; choose form attention"
      : lonelyWeight(sizes, "the router switch"),
  requires: ({ pool }) =>
    pool === "token"
      ? {}
      : { sequences: true, leak: "pool sample chooses experts from all tokens of a sequence" },
  route: (scope, x, settings, { numExperts, numSelectedExperts, numTokens, mask }) =>
    attentiveRouter(scope, x, {
      ...settings,
      ...{ numExperts, numSelectedExperts },
      ...defined({ numTokens, mask }),
    }),
  examples: {
    picture: { settings: { num_selected_experts: 2 } },
    variants: [
      {
        title: "attentive top-2, balance loss",
        settings: { num_selected_experts: 2 },
        losses: [evenLoss],
        balanced: true,
      },
    ],
    forms: [
      { title: "linear, with noise", settings: { noisy: true }, weightSum: 1 },
      { title: "sigmoid", settings: { gate: "sigmoid" }, weightSum: 1 },
      { title: "attention", settings: { form: "attention" }, weightSum: 1 },
      {
        title: "attention by sample",
        settings: { form: "attention", pool: "sample" },
        weightSum: 1,
      },
    ],
  },
});
