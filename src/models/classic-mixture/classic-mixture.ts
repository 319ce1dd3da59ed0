/**
 * The classic mixture of experts (Jacobs, Jordan, Nowlan and Hinton, 1991, "Adaptive mixtures of local
 * experts") as in a popular tutorial: three small classifiers, each trained on two of three labels,
 * and a gate over them.
 *
 * Differences from the tutorial:
 * - Its losses take the logarithm of a softmax of probabilities. Here the experts minimise
 *   cross-entropy and the gate maximises the likelihood of the mixture.
 * - Its code never steps the optimizer of the third expert. Here all three learn.
 * - Its slices drop one sample. Here no sample is dropped.
 * - It trains experts and gate in four separate loops. Here one run has two phases, and the rules of
 *   the optimizer select the parameters that train in each phase.
 *
 * Axes: `B` points, `D` features, `E` experts, `C` classes.
 */
import type { Tensor } from "../../graph/graph.ts";
import { denseDispatcher } from "../../moe/dispatch/dense.ts";
import { denseRouter } from "../../moe/routers/dense.ts";
import type { DenseRouting } from "../../moe/routing.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { leakyRelu, relu } from "../../ops/activation.ts";
import { softmax } from "../../ops/softmax.ts";

export interface ClassicMixtureConfig {
  readonly numExperts: number;
  readonly numClasses: number;
  readonly hiddenWidth: number;
  readonly gateWidths: readonly number[];
  readonly dropout: number;
}

export interface ClassicMixtureResult {
  /** `combineWeights` are the gates `g`, `[B, E]`. */
  readonly routing: DenseRouting;
  /** Scores of every expert, `E` times `[B, C]`. */
  readonly expertLogits: readonly Tensor[];
  /** `sum over all e of g_e softmax(expert_e(x))`, `[B, C]`. */
  readonly probabilities: Tensor;
}

/**
 * Gates, expert scores and mixture probabilities of points.
 *
 * @param features `[B, D]`
 * @example
 * const config = { numExperts: 3, numClasses: 3, hiddenWidth: 8, gateWidths: [8], dropout: 0.1 };
 * const model = (scope, { x }) => classicMixture(scope, x, config).probabilities;
 * const inputs = { x: array([[0, 1], [1, 0]]) };
 * const { output } = await apply(model, init(model, inputs), inputs);
 * output.shape; // [2, 3]
 */
export function classicMixture(
  scope: Scope,
  features: Tensor,
  { numExperts, numClasses, hiddenWidth, gateWidths, dropout }: ClassicMixtureConfig,
): ClassicMixtureResult {
  const routing = denseRouter(scope.child("gate"), features, {
    numExperts,
    hiddenWidths: gateWidths,
    activation: (x, layer) => (layer === 0 ? relu(x) : leakyRelu(x)),
    dropout,
  });
  const { dispatch, combine } = denseDispatcher(routing);
  const experts = scope.child("experts");
  const expertLogits = dispatch(features).map((x, e) => {
    const hidden = relu(linear(experts.child(e).child("fc1"), x, hiddenWidth)); // [B, F]
    return linear(experts.child(e).child("fc2"), hidden, numClasses); // [B, C]
  });
  const probabilities = combine(expertLogits.map((logits) => softmax(logits))); // [B, C]
  return { routing, expertLogits, probabilities };
}
