/**
 * What routing did, as tensors of the graph, over all tokens or those that a mask keeps: without
 * padding, or of one modality.
 */
import type { Tensor } from "../graph/graph.ts";
import { add, div, maximum, minimum, sub } from "../ops/arithmetic.ts";
import { cast, equal } from "../ops/compare.ts";
import { matmul } from "../ops/matmul.ts";
import { oneHot } from "../ops/one-hot.ts";
import { reduceMax, reduceMean, reduceSum } from "../ops/reduce.ts";
import { reshape } from "../ops/reshape.ts";
import { entropy } from "./losses/entropy.ts";
import { chosenExperts, keepTokens, type TokenMask, tokenMean } from "./losses/tokens.ts";
import type { Routing } from "./routing.ts";

/** All float32; entropies in nats, rates 0 to 1. */
export interface RoutingMetrics {
  /** Fraction of the placed assignments that each expert has, `[E]`. */
  readonly load: Tensor;
  /** Fraction of the summed probabilities that each expert has, `[E]`. */
  readonly importance: Tensor;
  /** Mean entropy of a token's probabilities. */
  readonly localEntropy: Tensor;
  /** Entropy of the mean probabilities. */
  readonly globalEntropy: Tensor;
  /** Of experts and tokens, `globalEntropy - localEntropy`: how much a token tells of its expert. */
  readonly mutualInformation: Tensor;
  /** Largest load over the mean, less one. */
  readonly maxViolation: Tensor;
  /** How many experts received nothing. */
  readonly deadExperts: Tensor;
  /** Mean over tokens of the largest probability. */
  readonly gateConfidence: Tensor;
  /** Fraction of the attempted assignments that have an expert. */
  readonly successRate: Tensor;
  /** The rest of them. */
  readonly droppedFraction: Tensor;
}

export interface RoutingMetricsOptions extends TokenMask {
  /** Experts that each token asked for before any was refused, `[N]` float32. Default `K`. */
  readonly attempted?: Tensor | undefined;
}

/**
 * Metrics of one layer's routing.
 *
 * @param routing with the ids after dispatch, where `numExperts` stands for a dropped choice
 */
export function routingMetrics(
  routing: Pick<Routing, "ids" | "probabilities" | "numExperts">,
  { mask, attempted }: RoutingMetricsOptions = {},
): RoutingMetrics {
  const { ids, probabilities, numExperts } = routing;
  const counts = assignmentCounts(ids, numExperts, mask); // [E]
  const mean = tokenMean(probabilities, mask); // [E]
  const localEntropy = tokenMean(entropy(probabilities), mask);
  const globalEntropy = entropy(mean);
  const success = successRate(ids, numExperts, mask, attempted);
  return {
    load: fractions(counts),
    importance: fractions(mean),
    localEntropy,
    globalEntropy,
    mutualInformation: sub(globalEntropy, localEntropy),
    maxViolation: maxViolationOf(counts),
    deadExperts: deadExperts(counts),
    gateConfidence: tokenMean(reduceMax(probabilities, -1), mask),
    successRate: success,
    droppedFraction: sub(1, success),
  };
}

/** The same for each modality by its mask, `[N]` bool, which must leave out padding. */
export function routingMetricsByModality<Modality extends string>(
  routing: Pick<Routing, "ids" | "probabilities" | "numExperts">,
  masks: Readonly<Record<Modality, Tensor>>,
  options: Omit<RoutingMetricsOptions, "mask"> = {},
): Record<Modality, RoutingMetrics> {
  const entries = Object.entries<Tensor>(masks).map(([modality, mask]) => [
    modality,
    routingMetrics(routing, { ...options, mask }),
  ]);
  return Object.fromEntries(entries) as Record<Modality, RoutingMetrics>;
}

/** How many choices each expert has, `[E]` float32, from ids `[K, N]`. */
export function assignmentCounts(ids: Tensor, numExperts: number, mask?: Tensor): Tensor {
  return reduceSum(keepTokens(chosenExperts(ids, numExperts), mask), 0);
}

/** Largest entry over the mean, less one: 0 when balanced or empty (arXiv:2408.15664, eq. 4). */
export function maxViolationOf(counts: Tensor): Tensor {
  const mean = reduceMean(counts); // tokens per expert
  const largest = reduceMax(counts);
  return div(sub(largest, mean), maximum(mean, TINY));
}

/** How many entries are zero, a float32 scalar. */
export function deadExperts(counts: Tensor): Tensor {
  return reduceSum(cast(equal(counts, 0), "float32"));
}

/**
 * Fraction of the attempted assignments of the tokens that count whose id `[K, N]` is an expert's;
 * LIMoE (arXiv:2206.02770) calls it the routing success rate. 0 when no token counts.
 *
 * @param attempted experts that each token asked for, `[N]` float32; by default `K`
 */
export function successRate(
  ids: Tensor,
  numExperts: number,
  mask?: Tensor,
  attempted?: Tensor,
): Tensor {
  const placed = reduceSum(chosenExperts(ids, numExperts), -1); // [N]
  if (attempted === undefined) return div(tokenMean(placed, mask), ids.shape[0] as number);
  const wanted = tokenMean(attempted, mask);
  return div(tokenMean(minimum(placed, attempted), mask), maximum(wanted, TINY));
}

/** How often tokens of each label are with each expert, `[L, E]` float32, from labels `[N]` int64. */
export function labelCounts(
  ids: Tensor,
  numExperts: number,
  labels: Tensor,
  numLabels: number,
  { mask }: TokenMask = {},
): Tensor {
  const chosen = keepTokens(chosenExperts(ids, numExperts), mask); // [N, E]
  return matmul(oneHot(labels, numLabels), chosen, { transposeA: true }); // [L, E]
}

/**
 * Mutual information of the rows and columns of a table of counts, in nats:
 * `I = H(rows) + H(columns) - H(table)`; 0 for an empty table.
 *
 * @param counts such as those of modalities, classes or attributes by expert, `[L, E]`
 */
export function mutualInformationOf(counts: Tensor): Tensor {
  const joint = fractions(counts); // [L, E]
  const marginals = add(entropy(reduceSum(joint, 1)), entropy(reduceSum(joint, 0)));
  return sub(marginals, entropy(reshape(joint, [-1])));
}

/** Below any mean that a token adds to. */
const TINY = 1e-20;

function fractions(v: Tensor): Tensor {
  return div(v, maximum(reduceSum(v), TINY));
}
