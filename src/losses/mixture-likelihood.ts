import type { Tensor } from "../graph/graph.ts";
import { add, neg } from "../ops/arithmetic.ts";
import { takeAlong } from "../ops/gather.ts";
import { concat } from "../ops/join.ts";
import { logSumExp } from "../ops/reduce.ts";
import { unsqueeze } from "../ops/reshape.ts";
import { logSoftmax } from "../ops/softmax.ts";
import { type Reduction, reduceLoss } from "./reduction.ts";

/**
 * Negative log-likelihood of labels under a mixture of classifiers (Jacobs et al., 1991, "Adaptive
 * mixtures of local experts", for experts that give class probabilities).
 *
 *     -log sum_e softmax(gateLogits)_e softmax(expertLogits_e)_label
 *
 * computed in logarithms, so that a confident wrong expert does not underflow the sum.
 *
 * @param gateLogits `[N, E]`
 * @param expertLogits `E` tensors `[N, C]`
 * @param labels `[N]` int64, 0 to C - 1
 * @returns a scalar in nats, or `[N]` with reduction `none`
 * @throws RangeError if the number of gates and experts differ
 * @example
 * const loss = (gate, expert, labels) => mixtureLikelihood(gate, [expert, expert], labels);
 * const [gate, expert] = [array([[0, 0]]), array([[0, 0]])];
 * await evaluate(loss, [gate, expert, array([0], "int64")]); // [0.6931]
 */
export function mixtureLikelihood(
  gateLogits: Tensor,
  expertLogits: readonly Tensor[],
  labels: Tensor,
  { reduction = "mean" }: { readonly reduction?: Reduction } = {},
): Tensor {
  if (gateLogits.shape[1] !== expertLogits.length) {
    throw new RangeError(
      `mixtureLikelihood: ${gateLogits.shape[1]} gates and ${expertLogits.length} experts; their numbers must agree`,
    );
  }
  const column = unsqueeze(labels, 1); // [N, 1]
  const picked = expertLogits.map((logits) => takeAlong(logSoftmax(logits), column)); // E x [N, 1]
  const joint = add(logSoftmax(gateLogits), concat(picked, 1)); // [N, E]
  return reduceLoss(neg(logSumExp(joint, 1)), reduction);
}
